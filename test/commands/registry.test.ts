import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import avsc from 'avsc'
import protobuf from 'protobufjs'
import { beforeEach, describe, expect, test } from 'vitest'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { type StoredSchema, startRegistry, withSchemaId } from '../support/schema-registry.ts'
import { broker, createBroker, publish, tail, values } from './publish-and-tail.ts'

beforeEach(createBroker)

async function append(topic: string, given: readonly Uint8Array[]): Promise<void> {
  await appendPairs(
    topic,
    given.map((value) => [null, value] as const),
  )
}

async function appendPairs(
  topic: string,
  given: readonly (readonly [key: Uint8Array | null, value: Uint8Array | null])[],
): Promise<void> {
  const bus = new InMemoryEventBus({ broker, createTopics: true })
  await bus.log.append(
    topic,
    given.map(([key, value]) => ({ key, value, partition: 0 })),
  )
}

const payment = {
  type: 'record',
  name: 'Payment',
  namespace: 'shop',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'cents', type: 'long' },
    { name: 'total', type: { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 } },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-micros' } },
    { name: 'day', type: { type: 'int', logicalType: 'date' } },
    { name: 'note', type: ['null', 'string'] },
    { name: 'tags', type: { type: 'map', values: 'long' } },
    { name: 'lines', type: { type: 'array', items: 'string' } },
  ],
}
/** Encodes without logical types, with 64-bit integers as bigints. */
const rawLong = avsc.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(value)
    return bytes
  },
  fromJSON: BigInt,
  toJSON: String,
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: () => 0,
} as never)
const rawType = (schema: object) =>
  avsc.Type.forSchema(schema as avsc.Schema, {
    logicalTypes: {},
    wrapUnions: true,
    typeHook: (part) =>
      part === 'long' || (part as { readonly type?: unknown }).type === 'long' ? rawLong : (undefined as never),
  })
const paid = {
  id: 'p-1',
  cents: 9007199254740993n,
  total: Buffer.from([0xcf, 0xc7]),
  at: 1_764_412_345_678_901n,
  day: 20_000,
  note: { string: 'grüße' },
  tags: { a: 1n },
  lines: ['x', 'y'],
}
const paidBytes = withSchemaId(7, rawType(payment).toBuffer(paid))
const avro = (schema: object): StoredSchema => ({ schema: JSON.stringify(schema) })

describe('tail --registry', () => {
  test('shows Avro with exact integers, decimals, dates and times', async () => {
    await using registry = await startRegistry({ 7: avro(payment) })
    await append('payments', [paidBytes, paidBytes])
    const { stdout, stderr } = await tail(['payments', '-e', '--registry', `${registry.url}/`, '-o', 'json'])
    expect(JSON.parse(stdout.split('\n')[0] ?? '')).toMatchObject({
      envelope: 'none',
      codec: 'avro',
      schema_id: 7,
      data: {
        id: 'p-1',
        cents: '9007199254740993',
        total: '-123.45',
        at: '2025-11-29T10:32:25.678901Z',
        day: '2024-10-04',
        note: 'grüße',
        tags: { a: 1 },
        lines: ['x', 'y'],
      },
      value_base64: paidBytes.toString('base64'),
    })
    expect(stderr).toBe('2 events\n')
    expect(registry.requests).toEqual(['/schemas/ids/7'])
  })

  test('shows keys with a schema id, also of tombstones, and copies their bytes', async () => {
    const id = { type: 'record', name: 'Id', fields: [{ name: 'id', type: 'long' }] }
    await using registry = await startRegistry({
      7: avro(payment),
      300: avro(id),
      301: avro({ type: 'string' } as object),
    })
    const key = withSchemaId(300, rawType(id).toBuffer({ id: 9007199254740993n }))
    const named = withSchemaId(301, avsc.Type.forSchema('string').toBuffer('o-1'))
    await appendPairs('payments', [
      [key, paidBytes],
      [named, Buffer.from('{"n":1}')],
      [key, null],
    ])
    const run = (...more: readonly string[]) =>
      tail(['payments', '--from', 'start', '-e', '--registry', registry.url, ...more])
    const text = (await run()).stdout.split('\n')
    expect(text[0]).toContain(' avro key={"id":"9007199254740993"} {"id":"p-1"')
    expect(text[1]).toMatch(/ json key=o-1 \{"n":1\}$/)
    expect(text[2]).toMatch(/ tombstone key=\{"id":"9007199254740993"\}$/)
    expect((await run('-o', 'pretty')).stdout).toMatch(/^ {2}key +\{"id":"9007199254740993"\}\n {2}key schema 300$/m)
    expect((await run('-o', '%k')).stdout).toBe('{"id":"9007199254740993"}\no-1\n{"id":"9007199254740993"}\n')
    const lines = (await run('-o', 'json')).stdout
    const [first] = lines.split('\n')
    expect(JSON.parse(first ?? '')).toMatchObject({ key_schema_id: 300, key_data: { id: '9007199254740993' } })
    expect(JSON.parse((await run('--json')).stdout).events).toEqual(
      lines
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    )
    await publish(['copy-events'], lines)
    const copied = (await tail(['copy-events', '--from', 'start', '-e', '-o', '%k{hex}'])).stdout
    expect(copied).toBe((await run('-o', '%k{hex}')).stdout)
  })

  test('shows keys that only begin like a schema id as bytes, and asks for few of them', async () => {
    await using registry = await startRegistry({ 7: avro(payment) })
    const number = (value: bigint) => {
      const bytes = Buffer.alloc(8)
      bytes.writeBigInt64BE(value)
      return bytes
    }
    const pairs = Array.from({ length: 100 }, (_, index) => [number(BigInt(index + 1) << 24n), paidBytes] as const)
    await appendPairs('payments', [[number(5n), paidBytes], ...pairs])
    const { stdout } = await tail(['payments', '-e', '-n', '200', '--registry', registry.url, '-o', '%k{hex} %{id}'])
    expect(stdout.trimEnd().split('\n')).toHaveLength(101)
    expect(stdout.match(/ p-1$/gm)).toHaveLength(101)
    expect(stdout).toContain('0000000000000005 p-1')
    expect(registry.requests.length).toBeLessThan(25)
    const one = (await tail(['payments', '-e', '-n', '1', '--registry', registry.url])).stdout
    expect(one).toMatch(/ avro key=\S+ \{/)
  })

  test('filters by the decoded fields, and copies the bytes', async () => {
    await using registry = await startRegistry({ 7: avro(payment) })
    await append('payments', [paidBytes, Buffer.from('{"cents":1}')])
    const env = { CRBUS_REGISTRY: registry.url }
    const where = 'data.cents > 9007199254740992 && data.note == "grüße"'
    expect((await tail(['payments', '-e', '-w', where, '-o', '%o %{total} %{lines[1]}'], { env })).stdout).toBe(
      '0 -123.45 y\n',
    )
    expect((await tail(['payments', '-e', '--grep', 'GRÜ', '-o', '%o'], { env })).stdout).toBe('0\n')
    await publish(['copy-events'], (await tail(['payments', '-e', '-o', 'json'], { env })).stdout)
    expect(await values('copy-events')).toEqual(await values('payments'))
  })

  test('fetches the schemas that an Avro schema refers to', async () => {
    const ref = { type: 'record', name: 'shop.Money', fields: [{ name: 'cents', type: 'int' }] }
    const order = { type: 'record', name: 'shop.Order', fields: [{ name: 'total', type: 'shop.Money' }] }
    const references = [{ name: 'shop.Money', subject: 'shop/money', version: 3 }]
    await using registry = await startRegistry(
      { 1: { ...avro(order), references } },
      { 'shop/money/versions/3': avro(ref) },
    )
    await append('orders', [withSchemaId(1, Buffer.of(84))])
    const { stdout } = await tail(['orders', '-e', '--registry', registry.url, '-o', '%f %v'])
    expect(stdout).toBe('none {"total":{"cents":42}}\n')
  })

  test('shows Protobuf, with imports and nested messages', async () => {
    const common = 'syntax = "proto3"; package shop; message Money { int64 cents = 1; }'
    const text = `syntax = "proto3"; package shop;
      import "google/protobuf/timestamp.proto"; import "money.proto";
      enum State { OPEN = 0; PAID = 1; }
      message Order { string order_id = 1; uint64 big = 2; State state = 3; Money total = 4;
        google.protobuf.Timestamp at = 5; bytes raw = 6; map<string, int64> counts = 7; optional int32 missing = 8;
        message Line { int32 n = 1; } }
      message Other { Order.Line line = 1; }`
    const root = protobuf.parse(text, { keepCase: true }).root
    root.addJSON(protobuf.common.get('google/protobuf/timestamp.proto')?.nested ?? {})
    protobuf.parse(common, root)
    const encode = (name: string, fields: object) => {
      const type = root.lookupType(name)
      return type.encode(type.fromObject(fields)).finish()
    }
    const order = encode('shop.Order', {
      order_id: 'o-1',
      big: '18446744073709551615',
      state: 'PAID',
      total: { cents: '-9007199254740993' },
      at: { seconds: 1_764_412_345, nanos: 678_901_000 },
      raw: Buffer.of(255),
      counts: { a: 5 },
    })
    const references = [{ name: 'money.proto', subject: 'money', version: 1 }]
    await using registry = await startRegistry(
      { 9: { schema: text, schemaType: 'PROTOBUF', references } },
      { 'money/versions/1': { schema: common, schemaType: 'PROTOBUF' } },
    )
    await append('orders', [
      withSchemaId(9, Buffer.of(0), order),
      withSchemaId(9, Buffer.of(4, 0, 0), encode('shop.Order.Line', { n: 3 })),
      withSchemaId(9, Buffer.of(2, 2), encode('shop.Other', { line: { n: 4 } })),
      withSchemaId(9, Buffer.of(2, 8)),
    ])
    const { stdout } = await tail(['orders', '--from', 'start', '-e', '--registry', registry.url, '-o', '%v'])
    expect(
      stdout
        .split('\n')
        .slice(0, 3)
        .map((line) => JSON.parse(line)),
    ).toEqual([
      {
        order_id: 'o-1',
        big: '18446744073709551615',
        state: 'PAID',
        total: { cents: '-9007199254740993' },
        at: '2025-11-29T10:32:25.678901000Z',
        raw: '/w==',
        counts: { a: 5 },
      },
      { n: 3 },
      { line: { n: 4 } },
    ])
    const last = (await tail(['orders', '-e', '-n', '1', '--registry', registry.url, '-o', '%f'])).stdout
    expect(last).toBe('the value does not fit schema 9 of the registry: the schema has no message with the index 4\n')
  })

  test('shows JSON with a schema id', async () => {
    await using registry = await startRegistry({ 2: { schema: '{"type":"object"}', schemaType: 'JSON' } })
    await append('orders', [withSchemaId(2, Buffer.from('{"n":9007199254740993}'))])
    const { stdout } = await tail(['orders', '-e', '--registry', registry.url])
    expect(stdout).toMatch(/ orders\[0\]@0 json \{"n":"9007199254740993"\}\n$/)
  })

  test('shows values as bytes with one notice while the registry cannot be used', async () => {
    await using registry = await startRegistry({ 7: avro(payment) })
    registry.status = 503
    await append('payments', [paidBytes, withSchemaId(8, Buffer.of(1)), paidBytes])
    const { stdout, stderr, exitCode } = await tail(['payments', '-e', '--registry', registry.url])
    expect(stdout.match(/ bytes 0x0000000/g)).toHaveLength(3)
    expect(stderr).toBe(
      `the schema registry ${registry.url} cannot be used: the registry answers with status 503; values are shown as bytes\n3 events\n`,
    )
    expect(exitCode).toBe(0)
    const { stdout: json } = await tail(['payments', '-e', '--registry', registry.url, '-o', 'json'])
    await publish(['copy-events'], json)
    expect(await values('copy-events')).toEqual(await values('payments'))
  })

  test('reports values that do not fit their schema, and schemas that the registry does not have', async () => {
    await using registry = await startRegistry({
      7: avro(payment),
      3: { schema: '{' },
      4: avro({ type: 'array', items: 'int' }),
    })
    const given = [
      paidBytes.subarray(0, 12),
      withSchemaId(8),
      withSchemaId(3),
      withSchemaId(4, Buffer.from('fefffffffffffffff101', 'hex')),
    ]
    await append('payments', given)
    const { stdout, stderr } = await tail(['payments', '--from', 'start', '-e', '--registry', registry.url, '-o', '%f'])
    expect(stdout).toMatch(
      /^the value does not fit schema 7 of the registry: .*\nthe registry has no schema 8\nschema 3 of the registry cannot be used: .*\nthe value does not fit schema 4 of the registry: \d+ items are announced, but 0 bytes are left\n$/,
    )
    expect(stderr).toBe('4 events, 4 of them undecodable\n')
  })

  test('sends the login of the environment, and refuses to send it unencrypted', async () => {
    await using registry = await startRegistry({ 7: avro(payment) })
    await append('payments', [paidBytes])
    const env = { CRBUS_REGISTRY_USERNAME: 'ann', CRBUS_REGISTRY_PASSWORD: 'env:WORD', WORD: 'pässword' }
    await tail(['payments', '-e', '--registry', registry.url], { env })
    expect(registry.logins).toEqual([`Basic ${Buffer.from('ann:pässword').toString('base64')}`])
    const refused = await tail(['payments', '-e', '--registry', 'http://registry.example.com:8081'], { env })
    expect(refused.exitCode).toBe(2)
    expect(refused.stderr).toContain('--registry has a login, so its URL must begin with https://')
  })

  test.each(['registry:8081', 'ftp://x', 'https://ann:word@x', 'https://x?a=b'])('refuses %s as a URL', async (url) => {
    const { stderr, exitCode } = await tail(['payments', '-e', '--registry', url])
    expect(stderr).toContain('--registry must be an http:// or https:// URL without a user name')
    expect(stderr).not.toContain('word@')
    expect(exitCode).toBe(2)
  })

  test("asks nothing of the registry of a project's file until the user has allowed it", async () => {
    await using registry = await startRegistry({ 7: avro(payment) })
    await append('payments', [paidBytes])
    const folder = mkdtempSync(join(tmpdir(), 'crbus-registry-'))
    const stateFolder = join(folder, 'state')
    const cwd = join(folder, 'project')
    mkdirSync(cwd)
    const profiles = {
      shop: { dataDir: '.crbus', registry: { url: registry.url, username: 'ann', password: 'env:CRBUS_WORD' } },
    }
    writeFileSync(join(cwd, 'crbus.json'), JSON.stringify({ profile: 'shop', profiles }))
    const options = { cwd, stateFolder, env: { CRBUS_WORD: 'secret' } }
    const refused = await tail(['payments', '-e'], options)
    expect(refused.exitCode).not.toBe(0)
    expect(refused.stderr).toContain(`profile 'shop' sends 1 secret of yours to ${registry.url}: env:CRBUS_WORD`)
    expect(registry.requests).toEqual([])
    const { default: ConfigAllow } = await import('../../src/commands/config/allow.ts')
    const { runCli } = await import('./run-cli.ts')
    await runCli(ConfigAllow, ['--yes'], { broker, ...options })
    expect((await tail(['payments', '-e', '-o', '%{id}'], options)).stdout).toBe('p-1\n')
    rmSync(folder, { recursive: true })
  })
})
