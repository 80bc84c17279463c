import avsc from 'avsc'
import fc from 'fast-check'
import protobuf from 'protobufjs'
import { expect, test } from 'vitest'
import type { FetchedSchema, RegistrySchema } from '../../../src/operations/registry/fetch-schema.ts'
import { fetchSchema } from '../../../src/operations/registry/fetch-schema.ts'
import { RegistryDecoder } from '../../../src/operations/registry/registry-decoder.ts'
import { startRegistry, withSchemaId } from '../../support/schema-registry.ts'

const recordOf = (value: Uint8Array) => ({
  ...{ topic: 't', partition: 0, offset: 0n, timestamp: 0n, key: null, headers: [] },
  value,
})
const packages = { avsc, protobufjs: protobuf }
const found = (schema: Omit<RegistrySchema, 'references'>): FetchedSchema => ({
  ok: true,
  schema: { ...schema, references: [] },
})
const tree = {
  type: 'record',
  name: 'Tree',
  fields: [
    {
      name: 'name',
      type: ['null', 'string', 'long', { type: 'bytes', logicalType: 'decimal', precision: 4, scale: 2 }],
    },
    { name: 'children', type: { type: 'array', items: 'Tree' } },
    { name: 'nothing', type: { type: 'array', items: 'null' } },
    { name: 'at', type: { type: 'map', values: { type: 'long', logicalType: 'timestamp-nanos' } } },
  ],
}
const schemas: Readonly<Record<number, FetchedSchema>> = {
  1: found({ type: 'AVRO', text: JSON.stringify(tree) }),
  2: found({
    type: 'PROTOBUF',
    text: 'syntax = "proto3"; message Tree { repeated Tree children = 1; map<string, int64> counts = 2; string name = 3; }',
  }),
}

test('a RegistryDecoder decodes or refuses any bytes, in bounded time', async () => {
  const decoder = new RegistryDecoder({
    fetchSchema: async (id) => schemas[id] as FetchedSchema,
    loadPackage: async (name) => packages[name],
    onUnreachable: () => {},
  })
  await decoder.prepare([1, 2].map((id) => recordOf(withSchemaId(id))))
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc
      .array(fc.constantFrom(0, 1, 2, 4, 8, 10, 0x7e, 0x80, 0xfe, 0xff), { maxLength: 300 })
      .map((all) => Buffer.from(all)),
  )
  fc.assert(
    fc.property(fc.constantFrom(1, 2), bytes, (id, value) => {
      const decoded = decoder.decode(recordOf(withSchemaId(id, value)))
      expect(decoded?.ok === true || typeof decoded?.reason === 'string').toBe(true)
    }),
    { numRuns: 5000 },
  )
})

test('a RegistryDecoder asks a registry that failed again after 30 seconds, and says once that it failed', async () => {
  const asked: number[] = []
  const reasons: string[] = []
  let now = 0
  let isUp = false
  const decoder = new RegistryDecoder({
    fetchSchema: async (id) => {
      asked.push(id)
      return isUp ? (schemas[id] as FetchedSchema) : { ok: false, isMissing: false, reason: 'down' }
    },
    loadPackage: async (name) => packages[name],
    onUnreachable: (reason) => reasons.push(reason),
    now: () => now,
  })
  const record = recordOf(withSchemaId(2, Buffer.of(0)))
  await Promise.all([decoder.prepare([record]), decoder.prepare([record])])
  await decoder.prepare([record])
  expect(decoder.decode(record)).toMatchObject({ ok: true, codec: 'bytes' })
  isUp = true
  now = 30_000
  await decoder.prepare([record])
  expect(decoder.decode(record)).toMatchObject({ ok: true, codec: 'protobuf', value: { name: '' } })
  expect(asked).toEqual([2, 2])
  expect(reasons).toEqual(['down'])
})

test('fetchSchema follows references in circles once, and refuses what is not an answer of a registry', async () => {
  const one = { schema: '"int"', references: [{ name: 'b', subject: 'b', version: 1 }] }
  const two = { schema: '"int"', references: [{ name: 'a', subject: 'a', version: 1 }] }
  const odd = { schema: 7 } as unknown as typeof one
  await using registry = await startRegistry({ 1: one, 2: odd }, { 'a/versions/1': one, 'b/versions/1': two })
  const { signal } = new AbortController()
  expect(await fetchSchema(registry, 1, signal)).toMatchObject({
    schema: { type: 'AVRO', references: [{ name: 'a' }, { name: 'b' }] },
  })
  expect(await fetchSchema(registry, 2, signal)).toEqual({
    ...{ ok: false, isMissing: false },
    reason: 'the answer is not that of a schema registry',
  })
  const large = { schema: 'x'.repeat(5 * 2 ** 20), references: [] }
  await using other = await startRegistry({ 1: large })
  expect(await fetchSchema(other, 1, signal)).toEqual({
    ...{ ok: false, isMissing: true },
    reason: 'the schema 1 is larger than 4 MiB',
  })
})
