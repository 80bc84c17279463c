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

describe('checkVariant and the answers of the import', () => {
  const imported = (...assume: [string, string][]) => ({
    ...schema,
    answers: { map: new Map(), assume: new Map(assume) },
  })

  test('checkVariant names the answers about cfg instead of asking whether the variants were reordered', () => {
    const beta = imported(['feature:beta', 'off'], ['crate::cents', 'i64'], ['tokio_unstable', 'on'])
    expect(checkVariant(beta, 'OrderPlaced.v1', 'PlaceOrder')).toBe(
      'event type OrderPlaced.v1 is variant OrderPlaced, but the bytes are variant PlaceOrder: the schema was imported with feature:beta=off, tokio_unstable=on',
    )
    expect(checkVariant(imported(['crate::cents', 'i64']), 'OrderPlaced.v1', 'PlaceOrder')).toContain('reordered?')
  })

  test('checkVariant lists at most four answers', () => {
    const many = imported(...Array.from({ length: 7 }, (_, index): [string, string] => [`feature:f${index}`, 'on']))
    expect(checkVariant(many, 'OrderPlaced.v1', 'PlaceOrder')).toMatch(
      /with feature:f0=on, .*feature:f3=on and 3 more$/,
    )
  })

  test('checkVariant warns of an event type without a variant if an answer may exclude its variant', () => {
    const events = new Map([['OrderPlaced.v1', 'OrderPlaced']])
    const beta = { ...imported(['feature:beta', 'off']), events }
    expect(checkVariant(beta, 'OrderHeld.v1', 'OrderPlaced')).toBe(
      'OrderAction has no variant for event type OrderHeld.v1, but the bytes are variant OrderPlaced: the schema was imported with feature:beta=off',
    )
    expect(checkVariant(beta, 'OrderHeld.v1', 'PlaceOrder')).toBeUndefined()
    expect(checkVariant({ ...schema, events }, 'OrderHeld.v1', 'OrderPlaced')).toBeUndefined()
  })
})
