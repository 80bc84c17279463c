import { describe, expect, test } from 'vitest'
import type { WireConnection } from '../../../src/drivers/kafka/connection/wire.ts'
import { KafkaFailure } from '../../../src/drivers/kafka/kafka-errors.ts'
import * as protocol from '../../../src/drivers/kafka/protocol/protocol.ts'
import { mutate, recorded, seeded } from './kafka-mutations.ts'

const MUTATIONS = 2000
/** More entries than any mutation of these answers has bytes for. */
const MAX_ENTRIES = 10_000

const exported: readonly unknown[] = Object.values(protocol)
const apis = exported.filter(
  (one): one is protocol.Api<never, unknown> => typeof one === 'object' && one !== null && 'read' in one,
)

/** A connection whose broker answers this. */
const answering = (bytes: Buffer) => ({ address: 'b1:9092', send: async () => bytes }) as unknown as WireConnection

const read = (api: protocol.Api<never, unknown>, bytes: Buffer): Promise<unknown> =>
  protocol.ask(answering(bytes), { ...api, write: () => undefined }, undefined as never)

/** How many values an answer holds. */
const entries = (value: unknown): number =>
  value instanceof Map
    ? value.size
    : typeof value !== 'object' || value === null || value instanceof Uint8Array
      ? 1
      : Object.values(value).reduce((sum: number, one) => sum + entries(one), 1)

const samples = apis.flatMap((api) =>
  Object.entries(recorded.answers).flatMap(([name, bytes]) =>
    name.startsWith(`${api.name} ${api.key} `) ? [[name, api, Buffer.from(bytes, 'base64')] as const] : [],
  ),
)

test('an answer of Kafka is recorded for every request', () => {
  const known = new Set(samples.map(([, api]) => api.key))
  expect(apis.filter(({ key }) => !known.has(key)).map(({ name }) => name)).toEqual([])
})

describe.each(samples)('%s', (name, api, bytes) => {
  if (name.endsWith(` ${api.version}`)) {
    test('is read to its end', async () => {
      expect(entries(await read(api, bytes))).toBeGreaterThan(0)
    })
  }

  test(`is read or refused with the broker and the request, for ${MUTATIONS} mutations`, async () => {
    const random = seeded(api.key)
    for (let left = MUTATIONS; left > 0; left -= 1) {
      try {
        expect(entries(await read(api, mutate(bytes, random)))).toBeLessThan(MAX_ENTRIES)
      } catch (error) {
        expect(error).toBeInstanceOf(KafkaFailure)
        expect(error).toMatchObject({ kind: 'answer', isPassing: false })
        expect((error as Error).message).toContain(`the answer of b1:9092 to ${api.name} is damaged: `)
      }
    }
  })
})
