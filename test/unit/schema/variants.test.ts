import { describe, expect, test } from 'vitest'
import { checkVariant } from '../../../src/schema/bincode/variants.ts'
import { orders } from './support/build.ts'

const schema = orders()

describe('checkVariant accepts an event type that names its variant', () => {
  test.each([
    ['OrderPlaced.v1', 'OrderPlaced'],
    ['OrderPlaced', 'OrderPlaced'],
    ['order_placed.v12', 'OrderPlaced'],
    ['order-placed', 'OrderPlaced'],
    ['SeatReserved.v1', 'Inventory.SeatReserved'],
    ['Inventory.SeatReserved', 'Inventory.SeatReserved'],
    ['InventorySeatReserved { event_id: EventId', 'Inventory.SeatReserved'],
    ['seat-audit', 'Inventory.Audited'],
  ])('checkVariant accepts the event type %s for bytes of %s', (eventType, path) => {
    expect(checkVariant(schema, eventType, path)).toBeUndefined()
  })
})

describe('checkVariant warns of an event type that names another variant', () => {
  test.each([
    ['OrderPlaced.v1', 'PlaceOrder'],
    ['SeatReserved.v1', 'Inventory.Audited'],
    ['seat-audit', 'Ping'],
  ])('checkVariant warns of the event type %s for bytes of %s', (eventType, path) => {
    expect(checkVariant(schema, eventType, path)).toContain(`but the bytes are variant ${path}`)
  })

  test('checkVariant warns of an event type that names another variant and asks whether the variants were reordered', () => {
    expect(checkVariant(schema, 'OrderPlaced.v1', 'PlaceOrder')).toBe(
      'event type OrderPlaced.v1 is variant OrderPlaced, but the bytes are variant PlaceOrder: were the variants of OrderAction reordered?',
    )
  })
})

describe('checkVariant does not warn', () => {
  test('checkVariant does not warn of an event type that does not name a variant', () => {
    expect(checkVariant(schema, 'OrderShipped.v1', 'OrderPlaced')).toBeUndefined()
    expect(checkVariant(schema, 'OrderCommand.v1', 'PlaceOrder')).toBeUndefined()
  })

  test('checkVariant does not warn of a variant of an enum inside the event', () => {
    const known = { ...schema, events: new Map([['Stock.v1', 'Inventory']]) }
    expect(checkVariant(known, 'Stock.v1', 'Inventory.SeatReserved')).toBeUndefined()
    expect(checkVariant(schema, 'Inventory.v1', 'Inventory.SeatReserved')).toBeUndefined()
  })
})
