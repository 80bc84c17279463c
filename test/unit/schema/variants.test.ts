import { describe, expect, test } from 'vitest'
import { checkVariant } from '../../../src/schema/bincode/variants.ts'
import { orders } from './support/build.ts'

const schema = orders()

describe('an event type that names its variant is fine', () => {
  test.each([
    ['OrderPlaced.v1', 'OrderPlaced'],
    ['OrderPlaced', 'OrderPlaced'],
    ['order_placed.v12', 'OrderPlaced'],
    ['order-placed', 'OrderPlaced'],
    ['SeatReserved.v1', 'Inventory.SeatReserved'],
    ['Inventory.SeatReserved', 'Inventory.SeatReserved'],
    ['InventorySeatReserved { event_id: EventId', 'Inventory.SeatReserved'],
    ['seat-audit', 'Inventory.Audited'],
  ])('%s', (eventType, path) => {
    expect(checkVariant(schema, eventType, path)).toBeUndefined()
  })
})

describe('one that does not is warned of', () => {
  test.each([
    ['OrderPlaced.v1', 'PlaceOrder'],
    ['SeatReserved.v1', 'Inventory.Audited'],
    ['seat-audit', 'Ping'],
  ])('%s', (eventType, path) => {
    expect(checkVariant(schema, eventType, path)).toContain(`but the bytes say ${path}`)
  })

  test('in a sentence', () => {
    expect(checkVariant(schema, 'OrderPlaced.v1', 'PlaceOrder')).toBe(
      'the event type OrderPlaced.v1 is written as OrderPlaced, but the bytes say PlaceOrder: were the variants of OrderAction reordered?',
    )
  })
})

describe('nothing is said', () => {
  test('of an event type that names no variant', () => {
    expect(checkVariant(schema, 'OrderShipped.v1', 'OrderPlaced')).toBeUndefined()
    expect(checkVariant(schema, 'OrderCommand.v1', 'PlaceOrder')).toBeUndefined()
  })

  test('of an enum inside the variant that is no event', () => {
    const known = { ...schema, events: new Map([['Stock.v1', 'Inventory']]) }
    expect(checkVariant(known, 'Stock.v1', 'Inventory.SeatReserved')).toBeUndefined()
    expect(checkVariant(schema, 'Inventory.v1', 'Inventory.SeatReserved')).toBeUndefined()
  })
})
