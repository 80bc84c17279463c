import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { KafkaFailure } from '../../../src/drivers/kafka/kafka-errors.ts'
import { type Api, type ApiConnection, ask } from '../../../src/drivers/kafka/protocol/api.ts'
import { mutate, recorded, seeded } from './kafka-mutations.ts'

const MUTATIONS = 2000
/** An upper bound on the values in an answer: no mutation of the recorded answers has bytes for more. */
const MAX_ENTRIES = 10_000

const folder = new URL('../../../src/drivers/kafka/protocol/', import.meta.url)
const modules: readonly object[] = await Promise.all(
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => import(`${folder}${file}`)),
)
/** Every request that the driver sends. */
const apis = modules
  .flatMap((module): readonly unknown[] => Object.values(module))
  .filter((one): one is Api<never, unknown> => typeof one === 'object' && one !== null && 'read' in one)

/** A connection whose broker answers every request with these bytes. */
const answering = (bytes: Buffer): ApiConnection => ({ address: 'b1:9092', send: async () => bytes })

const read = (api: Api<never, unknown>, bytes: Buffer): Promise<unknown> =>
  ask(answering(bytes), { ...api, write: () => undefined }, undefined as never)

/** The number of values in an answer. */
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

test('every request of the driver has a recorded answer of Kafka', () => {
  expect(apis.length).toBeGreaterThan(20)

  const known = new Set(samples.map(([, api]) => api.key))
  expect(apis.filter(({ key }) => !known.has(key)).map(({ name }) => name)).toEqual([])
})

describe.each(samples)('%s', (name, api, bytes) => {
  if (name.endsWith(` ${api.version}`)) {
    test('the recorded answer is read to its end', async () => {
      expect(entries(await read(api, bytes))).toBeGreaterThan(0)
    })
  }

  test(`${MUTATIONS} mutations are each read, or refused with the broker and the request in the error`, async () => {
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
