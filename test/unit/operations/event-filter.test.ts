import { describe, expect, test } from 'vitest'
import { serializedEvent } from '../../../src/bus/event.ts'
import { encodeEnvelope } from '../../../src/codecs/envelope.ts'
import { compileFilter, type FilterRequest } from '../../../src/operations/event-filter.ts'
import { viewOf } from '../../../src/operations/event-view.ts'

function view(data: object) {
  const event = serializedEvent('OrderPlaced.v1', Buffer.from(JSON.stringify(data)), { correlationId: 'c-1' })
  const encoded = encodeEnvelope(event, 'bincode')
  const value = encoded.ok ? Buffer.from(encoded.bytes) : null
  return viewOf({ topic: 't', partition: 0, offset: 7n, timestamp: 0n, key: Buffer.from('k'), value, headers: [] })
}

async function compiled(request: FilterRequest) {
  const filter = await compileFilter(request)
  if (!filter.ok) throw new Error(filter.reason)
  return filter
}

const passes = async (where: string, data: object): Promise<boolean | undefined> =>
  (await compiled({ where })).filter?.(view(data))

describe('where', () => {
  test.each([
    ['data.n > 1', true],
    ['data.n * 1.5 > 74.0', true],
    ['data.n / 2.0 == 25.0', true],
    ['1.5 + data.n == 51.5', true],
    ['data.n > 1.5 && data.price < 3', true],
    ['data.items[1].sku == "b"', true],
    ['data.wide == 1234567890123456789 && data.wide > 1200000000000000000', true],
    ['data.wide == 1234567890123456788 || data.sku == 5 || data.sku != "a"', false],
    ['data.missing > 1', false],
    ['has(data.missing)', false],
    ['data.?missing.orValue(1) == 1', true],
    ['metadata.correlation_id == "c-1" && event_version == 1 && offset == 7', true],
    ['timestamp < timestamp("2026-01-01T00:00:00Z")', true],
  ])('%s', async (where, expected) => {
    expect(
      await passes(where, {
        n: 50,
        price: 2.5,
        wide: '1234567890123456789',
        sku: 'a',
        items: [{ sku: 'a' }, { sku: 'b' }],
      }),
    ).toBe(expected)
  })

  test.each([
    ['datta.n > 1', 'Unknown variable: datta'],
    ['timestamp > "2026"', 'no such overload'],
    ['offset', 'it gives int, not true or false'],
    ['data.n >', ''],
  ])('%s is refused before anything is read', async (where, reason) => {
    const filter = await compileFilter({ where })
    expect(filter.ok || filter.reason).toContain(reason)
  })

  test('an event it cannot be told of does not pass, and is counted', async () => {
    const { filter, failures } = await compiled({ where: 'data.n > "x"' })
    expect([view({ n: 1 }), view({ n: 'y' }), view({})].map((one) => filter?.(one))).toEqual([false, true, false])
    const reason = expect.stringContaining('no such overload')
    expect(failures).toEqual({ count: 1, reason, lacking: 1, lacked: 'No such key: n', told: 1 })
    const other = await compiled({ where: 'data.n' })
    expect(other.filter?.(view({ n: 1 }))).toBe(false)
    expect(other.failures.reason).toContain('something else than true or false')
  })
})
