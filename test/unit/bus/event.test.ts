import { expect, test } from 'vitest'
import { serializedEvent, versionOf } from '../../../src/bus/event.ts'

// The results of Rust's `extract_version`, taken from a run of the crate.
test.each([
  ['A', 1],
  ['A.v1', 1],
  ['A.v10', 10],
  ['A.vABC', 1],
  ['A.v', 1],
  ['A.v1.v2', 2],
  ['A.v2.vX', 1],
  ['A.v-3', -3],
  ['A.v+3', 3],
  ['A.v+-3', 1],
  ['A.v0', 0],
  ['A.v-0', 0],
  ['A.v2147483647', 2147483647],
  ['A.v2147483648', 1],
  ['A.v-2147483648', -2147483648],
  ['A.v-2147483649', 1],
  ['A.v99999999999', 1],
  ['A.V2', 1],
  ['A.v2-beta', 1],
  ['A.v 2', 1],
  ['A.v2 ', 1],
  ['A.v2\n', 1],
  ['A.v1e3', 1],
  ['A.v0x10', 1],
  ['A.v1.5', 1],
  ['a.very.v3', 3],
  ['.v7', 7],
  ['v7', 1],
  ['', 1],
  ['A.v007', 7],
  ['A.v٣', 1],
  ['InventoryInventoryInitialized { event_id: EventId', 1],
])('versionOf(%j) is %i', (eventType, version) => {
  expect(versionOf(eventType)).toBe(version)
})

test('serializedEvent reads the version from the event type and defaults metadata to null', () => {
  const data = Uint8Array.of(1)

  expect(serializedEvent('OrderPlaced.v3', data)).toEqual({
    eventType: 'OrderPlaced.v3',
    eventVersion: 3,
    data,
    metadata: null,
  })
  expect(serializedEvent('A', data, { userId: 'u' }).metadata).toEqual({ userId: 'u' })
})
