import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import type { SerializedEvent } from '../../src/bus/event.ts'
import { decodeEnvelope } from '../../src/codecs/envelope.ts'
import { decodePayload } from '../../src/codecs/payload.ts'
import ConfigCommand from '../../src/commands/config.ts'
import NewAggregate from '../../src/commands/new/aggregate.ts'
import NewSaga from '../../src/commands/new/saga.ts'
import NewService from '../../src/commands/new/service.ts'
import Publish from '../../src/commands/publish.ts'
import Tail from '../../src/commands/tail.ts'
import TopicsApply from '../../src/commands/topics/apply.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { type Runnable, runCli } from './run-cli.ts'

const COMMANDS = 'order-commands'
const id = '018f2f5e-7c2a-7d3e-9d1b-0f8a4b2c6d1e'
const place = [COMMANDS, '--type', 'PlaceOrder.v1', '--data', `{"order_id":"${id}","total":1999}`]
const orderEvents = ['--event', 'OrderPlaced:order_id=uuid,total=money', '--event', 'OrderCancelled:order_id=uuid']

let broker: MemoryBroker
let folder: string
let configFile: string
beforeEach(() => {
  broker = new MemoryBroker()
  folder = mkdtempSync(join(tmpdir(), 'crbus-format-'))
  configFile = join(folder, 'crbus.json')
})

const run = (command: Runnable, argv: string[], stdin?: string) =>
  runCli(command, argv, { broker, cwd: folder, ...(stdin === undefined ? {} : { stdin }) })
const configure = (topics: object) => writeFileSync(configFile, JSON.stringify({ topics }))
const config = () => JSON.parse(readFileSync(configFile, 'utf8'))

/** Reads the records of a topic: key, envelope format and event. */
async function records(topic: string) {
  const { log } = new InMemoryEventBus({ broker })
  const slices = (await log.ranges(topic)).map(({ partition, start, end }) => ({
    topic,
    partition,
    from: start,
    to: end,
  }))
  const found: { key: string | undefined; format: string; event: SerializedEvent }[] = []
  for await (const batch of log.read(slices)) {
    for (const { key, value } of batch) {
      const envelope = decodeEnvelope(value as Uint8Array)
      if (!envelope.ok) throw new Error(envelope.reason)
      const { format, event } = envelope
      found.push({ key: key === null ? undefined : Buffer.from(key).toString(), format, event })
    }
  }
  return found
}

const keyed = { codec: 'cbor', key: 'aggregate', id: 'order_id' }

describe('publish to a topic that crbus.json declares', () => {
  test('uses its codec and envelope, and keys records by the field with the id of the aggregate', async () => {
    configure({ [COMMANDS]: { ...keyed, envelope: 'cbor' } })
    const { exitCode, stderr } = await run(Publish, place)
    expect([exitCode, stderr]).toEqual([0, ''])
    const [record] = await records(COMMANDS)
    expect(record).toMatchObject({ key: id, format: 'cbor' })
    const data = decodePayload(record?.event.data as Uint8Array, 'cbor')
    expect(data).toMatchObject({ ok: true, value: { order_id: id, total: 1999 } })
  })

  test('lets flags override the codec, the envelope and the key', async () => {
    configure({ [COMMANDS]: { ...keyed, envelope: 'cbor' } })
    await run(Publish, [...place, '--codec', 'json', '--envelope', 'bincode', '--key', 'mine'])
    const [record] = await records(COMMANDS)
    expect(record).toMatchObject({ key: 'mine', format: 'bincode-w3' })
    expect(Buffer.from(record?.event.data as Uint8Array).toString()).toBe(place[4])
  })

  test('keys records by event type by default and with the key "type"', async () => {
    configure({ 'order-events': { codec: 'cbor' }, 'other-events': { key: 'type', id: 'order_id' } })
    for (const topic of ['order-events', 'other-events']) {
      await run(Publish, [topic, ...place.slice(1)])
      expect((await records(topic)).map(({ key }) => key)).toEqual(['PlaceOrder.v1'])
    }
  })

  test('computes the key of each line, each templated event and each record', async () => {
    configure({ [COMMANDS]: keyed })
    const typed = [COMMANDS, '--type', 'PlaceOrder.v1']
    await run(Publish, typed, '{"order_id":"a"}\n{"order_id":7}\n{"order_id":9007199254740993}\n')
    await run(Publish, [...typed, '--data', '{"order_id":"o-{{i}}"}', '--count', '2'])
    const data = { order_id: 'r' }
    const event = { event_type: 'PlaceOrder.v1', data }
    const lines = [
      event,
      { ...event, key: 'kept' },
      { ...event, key: null },
      { event_type: 'PlaceOrder.v1', codec: 'json', data_base64: 'oWhvcmRlcl9pZGFi' },
    ]
    await run(Publish, [COMMANDS], lines.map((line) => JSON.stringify(line)).join('\n'))
    expect((await records(COMMANDS)).map(({ key }) => key)).toEqual([
      'a',
      '7',
      '9007199254740993',
      'o-1',
      'o-2',
      'r',
      'kept',
      undefined,
      'b',
    ])
  })

  test.each([
    ['{"total":1}', "--data: the data of PlaceOrder.v1 has no field 'order_id', which"],
    [
      '{"order_id":""}',
      "--data: the data of PlaceOrder.v1 has a field 'order_id' that is neither a string nor an integer",
    ],
    [
      '{"order_id":1.5}',
      "--data: the data of PlaceOrder.v1 has a field 'order_id' that is neither a string nor an integer",
    ],
    ['[1]', "--data: the data of PlaceOrder.v1 has no field 'order_id', which"],
  ])('refuses data without a usable id: %s', async (data, reason) => {
    configure({ [COMMANDS]: keyed })
    const { exitCode, stderr } = await run(Publish, [...place.slice(0, 4), data])
    expect(exitCode).toBe(2)
    expect(stderr).toContain(reason)
    expect(stderr).toContain(
      `which is the record key of ${COMMANDS} (${configFile}) (CRBUS_USAGE)\n  try: --key KEY (sets another record key)`,
    )
  })

  test.each([
    [[], `the codec of ${COMMANDS} is cbor (FILE): not JSON: `, '\n  try: --codec json (writes json)'],
    [['--codec', 'cbor'], '--codec cbor: not JSON: ', ''],
    [
      ['--codec', 'bincode'],
      '--codec bincode: no schema has the event type PlaceOrder.v1',
      '\n  try: crbus schema import PATH\n',
    ],
  ])('names what chose the codec that data does not fit, with the flags %j', async (flags, begins, ends) => {
    configure({ [COMMANDS]: keyed })
    const data = flags.includes('bincode') ? '{}' : '{order}'
    const { exitCode, stderr } = await run(Publish, [...place.slice(0, 4), data, ...flags])
    expect(exitCode).toBe(2)
    expect(stderr).toContain(begins.replace('FILE', configFile))
    expect(stderr).toContain(ends)
  })

  test('encodes payloads with the schema file of the topic, even if the file names another topic', async () => {
    const made = await import('../../src/scaffold/scopes/aggregate-scope.ts')
    const { idOf, readEvents } = await import('../../src/scaffold/events/events.ts')
    const events = readEvents(['OrderPlaced:order_id=string,total=int'])
    const name = { words: ['order'] }
    mkdirSync(join(folder, 'types'))
    writeFileSync(
      join(folder, 'types/orders.json'),
      made.commandSchemaOf({ name, id: idOf(name, events, undefined), events }),
    )
    configure({
      'copied-commands': { schema: 'types/orders.json', codec: 'bincode', key: 'aggregate', id: 'order_id' },
    })
    const published = await run(Publish, [
      ...['copied-commands', '--type', 'PlaceOrder.v1', '--data', '{"PlaceOrder":{"order_id":"o-1","total":5}}'],
    ])
    expect([published.exitCode, published.stderr]).toEqual([0, ''])
    expect((await records('copied-commands')).map(({ key }) => key)).toEqual(['o-1'])
    const tailed = await run(Tail, ['copied-commands', '-e', '-o', '%{PlaceOrder.total}'])
    expect(tailed.stdout).toBe('5\n')
    configure({ 'copied-commands': { schema: 'types/none.json' } })
    expect((await run(Tail, ['copied-commands', '-e'])).stderr).toContain('types/none.json')
  })
})

describe('tail of a topic that crbus.json declares', () => {
  // The bytes of a CBOR array of three zeros look like bincode, so guessing from the bytes is wrong.
  const zeros = ['order-events', '--type', 'Zeros.v1', '--codec', 'cbor', '--data', '[0,0,0]']

  test.each(['text', 'json'])(
    'uses the declared codec where guessing from the bytes would be wrong (-o %s)',
    async (output) => {
      await run(Publish, zeros)
      expect((await run(Tail, ['order-events', '-e', '-o', output])).stdout).not.toContain('[0,0,0]')
      configure({ 'order-events': { codec: 'cbor' } })
      expect((await run(Tail, ['order-events', '-e', '-o', output])).stdout).toContain('[0,0,0]')
      const asBytes = await run(Tail, ['order-events', '-e', '-o', output, '--codec', 'bytes'])
      expect(asBytes.stdout).not.toContain('[0,0,0]')
    },
  )

  test.each(['text', 'json'])('warns of a payload in another codec (-o %s)', async (output) => {
    await run(Publish, ['order-events', '--type', 'OrderPlaced.v1', '--data', '{"total":5}'])
    configure({ 'order-events': { codec: 'cbor' } })
    const { stdout } = await run(Tail, ['order-events', '-e', '-o', output])
    expect(stdout).toContain('{"total":5}')
    expect(stdout).toContain(`the payload is json, but ${configFile} sets the codec of its topic to cbor`)
  })
})

describe('crbus new', () => {
  const make = async (command: Runnable, ...argv: string[]) => {
    const made = await run(command, [...argv, '--no-install'])
    expect(made.exitCode, made.stderr).toBe(0)
    return made
  }
  const inService = async (...flags: string[]) => {
    await make(NewService, 'shop', ...flags)
    folder = join(folder, 'shop')
    configFile = join(folder, 'crbus.json')
  }
  const events = { partitions: 3, retention: '7d' }

  test.each([
    ['ts', 'cbor', []],
    ['ts', 'bincode', ['--codec', 'rust']],
    ['rust', 'bincode', []],
  ])(
    'declares topics of an aggregate in %s with the codec %s and commands keyed by the aggregate',
    async (lang, codec, flags) => {
      await inService('--lang', lang)
      const dry = await run(NewAggregate, ['order', ...orderEvents, ...flags, '--dry-run', '--no-install'])
      expect(dry.stdout).toContain('"key": "aggregate"')
      await make(NewAggregate, 'order', ...orderEvents, ...flags)
      expect(config().topics).toEqual({
        'order-events': { ...events, codec },
        // Rust services key commands by type, so only a single partition keeps the commands of an order in sequence.
        'order-commands': {
          ...events,
          ...(lang === 'rust' && { partitions: 1 }),
          codec,
          key: 'aggregate',
          id: 'order_id',
        },
      })
      const published = await run(Publish, place)
      expect(published.exitCode, published.stderr).toBe(0)
      const [record] = await records(COMMANDS)
      expect(record?.key).toBe(id)
      const tailed = await run(Tail, [COMMANDS, '-e'])
      expect(tailed.stdout).toContain('"total":1999')
      if (codec === 'cbor') expect(decodePayload(record?.event.data as Uint8Array, 'cbor').ok).toBe(true)
      else expect(record?.event.data[0]).toBe(0)
    },
  )

  test.each([
    ['ts', 'cbor'],
    ['rust', 'bincode'],
  ])('declares the topic of a saga in %s with the codec %s', async (lang, codec) => {
    await inService('--lang', lang)
    await make(NewAggregate, 'order', ...orderEvents)
    await make(NewAggregate, 'payment', '--event', 'PaymentCompleted:order_id=uuid,amount=money')
    await make(NewSaga, 'checkout', '--on', 'order-events,payment-events')
    expect(config().topics['checkout-events']).toEqual({ ...events, codec })
  })

  test('crbus new never replaces settings of crbus.json, and keeps its layout', async () => {
    await inService()
    const own =
      '{\n  "schemas": "schemas",\n\n  "topics": { "order-commands": { "codec": "json", "key": "type" } }\n}\n'
    writeFileSync(configFile, own)
    const { stderr } = await make(NewAggregate, 'order', ...orderEvents)
    expect(stderr).toContain('kept the existing topics.order-commands.codec')
    expect(config().topics[COMMANDS]).toEqual({ ...events, codec: 'json', key: 'type', id: 'order_id' })
    expect(readFileSync(configFile, 'utf8')).toContain('{\n  "schemas": "schemas",\n\n  "topics": {')
  })
})

describe('the settings of a topic in crbus.json', () => {
  test.each([
    [{ codec: 'avro' }, 'topics.x-events.codec must be "cbor" or "json" or "msgpack" or "bincode"'],
    [{ envelope: 'json' }, 'topics.x-events.envelope must be "bincode" or "cbor"'],
    [{ key: 'id' }, 'topics.x-events.key must be "type" or "aggregate"'],
    [{ key: 'aggregate' }, 'topics.x-events has "key": "aggregate" but no "id", the payload field'],
    [{ id: 7 }, 'topics.x-events.id must be a string that is not empty'],
    [{ codecs: 'cbor' }, "topics.x-events.codecs is not a key that crbus knows; did you mean 'codec'?"],
  ])('the settings of a topic in crbus.json are refused if invalid: %j', async (keys, reason) => {
    configure({ 'x-events': keys })
    const { exitCode, stderr } = await run(Publish, place)
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(`${configFile}: ${reason}`)])
  })

  test('the settings of a topic in crbus.json are shown by crbus config', async () => {
    configure({ [COMMANDS]: { partitions: 3, ...keyed } })
    const { stdout } = await run(ConfigCommand, [])
    expect(stdout).toContain('partitions=3,codec=cbor,key=aggregate,id=order_id')
  })

  test('the settings of a topic in crbus.json for publish and tail do not affect topics apply', async () => {
    configure({ [COMMANDS]: { partitions: 2, ...keyed } })
    const { stdout, exitCode } = await run(TopicsApply, ['--yes', '--json'])
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout).create).toEqual([{ topic: COMMANDS, partitionCount: 2 }])
  })
})
