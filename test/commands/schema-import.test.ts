import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import Publish from '../../src/commands/publish.ts'
import SchemaCheck from '../../src/commands/schema/check.ts'
import SchemaImport from '../../src/commands/schema/import.ts'
import Tail from '../../src/commands/tail.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { runCli } from './run-cli.ts'

const source = `use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub struct Money(i64);

#[derive(Serialize, Deserialize)]
pub enum OrderEvent {
    OrderPlaced { order_id: String, total: Money, note: Option<String> },
    OrderShipped { order_id: String, carrier: String },
}

impl OrderEvent {
    pub fn event_type(&self) -> &'static str {
        match self {
            Self::OrderPlaced { .. } => "OrderPlaced.v1",
            Self::OrderShipped { .. } => "OrderShipped.v1",
        }
    }
}
`

let broker: MemoryBroker
let cwd: string
beforeEach(() => {
  broker = new MemoryBroker()
  cwd = mkdtempSync(join(tmpdir(), 'crbus-schema-'))
  mkdirSync(join(cwd, 'src'))
  writeFileSync(join(cwd, 'src/order.rs'), source)
})

const schemaImport = (...argv: string[]) => runCli(SchemaImport, argv, { broker, cwd })
const publish = (...argv: string[]) => runCli(Publish, ['order-events', ...argv], { broker, cwd })
const tail = (...argv: string[]) => runCli(Tail, ['order-events', '-e', ...argv], { broker, cwd })
const placed = '{"order_id":"o-1","total":1999}'

describe('schema import', () => {
  test('writes a schema file that publish and tail then use', async () => {
    const { stderr, exitCode } = await schemaImport('src/order.rs')
    expect(exitCode).toBe(0)
    expect(stderr).toContain('schemas/order-events.json was written: OrderEvent with 2 event types and 2 types')
    const { types } = JSON.parse(readFileSync(join(cwd, 'schemas/order-events.json'), 'utf8'))
    expect(types.OrderEvent.at).toBe('src/order.rs:7')

    await publish('--type', 'OrderPlaced.v1', '--data', placed)
    const { stdout } = await tail('-o', '%v{hex} %{OrderPlaced.total} %v')
    const bytes = '0000000003000000000000006f2d31cf0700000000000000'
    expect(stdout).toBe(`${bytes} 1999 {"OrderPlaced":{"order_id":"o-1","total":1999,"note":null}}\n`)
  })

  test('reads a path once even if it is named twice', async () => {
    const { stderr, exitCode } = await schemaImport('src/order.rs', './src/order.rs')
    expect(stderr).toContain('from 1 file\n')
    expect(exitCode).toBe(0)
  })

  test('does not rewrite a schema file that is up to date', async () => {
    await schemaImport('src/order.rs')
    expect((await schemaImport('src/order.rs')).stderr).toContain('is up to date')
  })

  test('prints the schema and writes no file with --dry-run', async () => {
    const { stdout } = await schemaImport('src/order.rs', '--dry-run')
    expect(JSON.parse(stdout).root).toBe('OrderEvent')
    expect((await tail()).stderr).toContain("topic 'order-events' does not exist")
    await publish('--type', 'OrderPlaced.v1', '--data', placed)
    expect((await tail('-o', '%v')).stdout).toBe(`${placed}\n`)
  })

  test('names a type that it cannot resolve, its location, and the flag that resolves it', async () => {
    writeFileSync(join(cwd, 'src/order.rs'), source.replace('carrier: String', 'carrier: somewhere::Carrier'))
    const { stderr, exitCode } = await schemaImport('src/order.rs')
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/ {2}- src\/order\.rs:9 somewhere::Carrier: /)
    expect(stderr).toContain('try: --map somewhere::Carrier=')
    expect((await schemaImport('src/order.rs', '--map', 'somewhere::Carrier=String')).exitCode).toBe(0)
  })

  test('says which of its flags settles an assumption, and what to type for an invalid topic', async () => {
    const { stderr } = await schemaImport('src/order.rs')
    expect(stderr).toContain('note: src/order.rs:7 the topic is assumed to be order-events; use --topic to change it\n')
    const refused = await schemaImport('src/order.rs', '--topic', 'order events')
    expect(refused.exitCode).toBe(2)
    expect(refused.stderr).toContain("  - src/order.rs --topic: Invalid topic: 'order events' may hold only")
    expect(refused.stderr).toContain('  try: --topic order-events\n')
  })

  test('has notes with a code, their fields and the sentence in its document', async () => {
    const { stdout } = await schemaImport('src/order.rs', '--json')
    expect(JSON.parse(stdout).notes).toEqual([
      {
        ...{ file: 'src/order.rs', line: 7, code: 'topic-assumed', topic: 'order-events' },
        message: 'the topic is assumed to be order-events; use --topic to change it',
      },
    ])
  })

  test('suggests each flag once, quoted for a shell where needed', async () => {
    const fields =
      'carrier: somewhere::Carrier, all: Vec<somewhere::Carrier>, bytes: [u8; size(2)], #[cfg(target_os = "linux")] only: u8'
    writeFileSync(join(cwd, 'src/order.rs'), source.replace('carrier: String', fields))
    const { stdout } = await schemaImport('src/order.rs', '--json')
    expect(JSON.parse(stdout).error.suggestions).toEqual([
      { flag: `--assume 'target_os = "linux"=on|off'` },
      { flag: '--map somewhere::Carrier=…' },
      { flag: "--assume 'size(2)=…'" },
    ])
  })

  test('asks at once what follows from an answer, and says from which one', async () => {
    const beta = '#[cfg(feature = "beta")] beta: lab::Beta, carrier: lab::Carrier'
    writeFileSync(join(cwd, 'src/order.rs'), source.replace('carrier: String', beta))
    const { stderr } = await schemaImport('src/order.rs')
    expect(stderr).toContain(
      'src/order.rs:9 lab::Beta: the source of crate lab is not among the paths (if feature:beta is on)',
    )
    expect(stderr).toContain("try: --assume 'feature:beta=on|off'\n")
    expect(stderr).toContain('--map lab::Beta=… (if feature:beta is on)\n')
    const off = ['--assume', 'feature:beta=off', '--map', 'lab::Carrier=String']
    expect((await schemaImport('src/order.rs', ...off)).exitCode).toBe(0)
  })

  test('keeps --map in the schema file and applies it again until it changes or its type is gone', async () => {
    const file = () => JSON.parse(readFileSync(join(cwd, 'schemas/order-events.json'), 'utf8'))
    const unresolved = source.replace('carrier: String', 'carrier: somewhere::Carrier')
    writeFileSync(join(cwd, 'src/order.rs'), unresolved)
    await schemaImport('src/order.rs', '--map', 'somewhere::Carrier=String')
    expect(file().answers).toEqual({ map: { 'somewhere::Carrier': 'String' } })

    const again = await schemaImport('src/order.rs')
    expect(again.stderr).toContain(
      'note: answers kept from schemas/order-events.json: --map somewhere::Carrier=String\n',
    )
    expect(again.stderr).toContain('is up to date')

    const anew = await schemaImport('src/order.rs', '--map', 'somewhere::Carrier=u32')
    expect(anew.stderr).toContain('warning: breaks: OrderEvent.OrderShipped.carrier')
    expect(anew.stderr).not.toContain('as in')
    expect(file().answers).toEqual({ map: { 'somewhere::Carrier': 'u32' } })

    writeFileSync(join(cwd, 'src/order.rs'), source)
    const gone = await schemaImport('src/order.rs')
    expect(gone.stderr).toContain('unused answer: the source has no somewhere::Carrier')
    expect(file()).not.toHaveProperty('answers')
  })
})

describe('publish and tail with a schema', () => {
  beforeEach(() => schemaImport('src/order.rs'))

  test.each([
    ['{"order_id":"o-1"}', 'OrderPlaced'],
    ['{"order_id":"o-1","total":"x"}', 'OrderPlaced.total'],
    ['{"order_id":"o-1","totl":1}', 'did you mean total'],
  ])('publish rejects %s before it sends anything', async (data, reason) => {
    const { stderr, exitCode } = await publish('--type', 'OrderPlaced.v1', '--data', data)
    expect(exitCode).toBe(2)
    expect(stderr).toContain(reason)
    expect((await broker.topics.list()).length).toBe(0)
  })

  test('--where and -o json decode the fields, and publishing that JSON gives the same bytes', async () => {
    await publish('--type', 'OrderPlaced.v1', '--data', placed)
    await publish('--type', 'OrderPlaced.v1', '--data', '{"order_id":"o-2","total":5}')
    const { stdout } = await tail('--where', 'data.OrderPlaced.total > 1000', '-o', 'json')
    const line = JSON.parse(stdout)
    expect(line).toMatchObject({ codec: 'bincode', variant: 'OrderPlaced', data: { OrderPlaced: { order_id: 'o-1' } } })
    expect(line).not.toHaveProperty('data_base64')
    await runCli(Publish, ['copy-events'], { broker, cwd, stdin: stdout })
    const original = await tail('-n', '2', '-o', '%v{hex}', '--type', 'OrderPlaced.v1')
    const copy = await runCli(Tail, ['copy-events', '-e', '-o', '%v{hex}'], { broker, cwd })
    expect(original.stdout.split('\n')).toContain(copy.stdout.trim())
  })

  test('publish rejects an unknown event type unless --codec json is given', async () => {
    const { stderr, exitCode } = await publish('--type', 'OrderPlacd.v1', '--data', placed)
    expect(exitCode).toBe(2)
    expect(stderr).toContain('did you mean OrderPlaced?')
    expect(stderr).toContain('try: --codec json (sends JSON, which Rust services do not read)')
    expect((await publish('--type', 'OrderPlacd.v1', '--data', placed, '--codec', 'json')).exitCode).toBe(0)
  })

  test('publish rejects an event that was decoded with another schema', async () => {
    await publish('--type', 'OrderPlaced.v1', '--data', placed)
    const { stdout } = await tail('-o', 'json')
    const file = join(cwd, 'schemas/order-events.json')
    writeFileSync(file, readFileSync(file, 'utf8').replace('"order_id": "String", "total"', '"total"'))
    const { stderr, exitCode } = await runCli(Publish, ['copy-events'], { broker, cwd, stdin: stdout })
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/decoded by the schema order-events#[0-9a-f]{12}, which is not in this project/)
  })

  test('publish copies an event byte for byte if its type does not identify a variant', async () => {
    const bytes = Buffer.from('0000000003000000000000006f2d31cf0700000000000000', 'hex').toString('base64')
    await publish('--type', 'Pay { cents: 5 }', '--codec', 'bytes', '--data', bytes)
    const { stdout } = await tail('-o', 'json')
    expect(JSON.parse(stdout)).toMatchObject({ variant: 'OrderPlaced', data: { OrderPlaced: { order_id: 'o-1' } } })
    expect((await runCli(Publish, ['copy-events'], { broker, cwd, stdin: stdout })).exitCode).toBe(0)
    const copy = await runCli(Tail, ['copy-events', '-e', '-o', '%v{base64}'], { broker, cwd })
    expect(copy.stdout.trim()).toBe(bytes)
  })

  test('tail decodes a JSON payload as JSON even if the topic has a schema', async () => {
    await publish('--type', 'OrderPlaced.v1', '--codec', 'json', '--data', placed)
    expect((await tail('-o', '%v')).stdout).toBe(`${placed}\n`)
  })

  test('tail warns on each record if the variants of the enum were reordered', async () => {
    await publish('--type', 'OrderPlaced.v1', '--data', placed)
    const file = join(cwd, 'schemas/order-events.json')
    const schema = JSON.parse(readFileSync(file, 'utf8'))
    const [first, second] = schema.types.OrderEvent.enum
    schema.types.OrderEvent.enum = [{ OrderHeld: first.OrderPlaced }, first, second]
    writeFileSync(file, JSON.stringify(schema))
    const { stdout } = await tail()
    expect(stdout).toContain(
      'warning: event type OrderPlaced.v1 is variant OrderPlaced, but the bytes are variant OrderHeld',
    )
    const line = JSON.parse((await tail('-o', 'json')).stdout)
    expect(line.warning).toContain('but the bytes are variant OrderHeld')
    expect(line).toHaveProperty('data_base64')
  })

  test('tail names the field at which a payload does not match the schema', async () => {
    const bytes = Buffer.from('00000000ff00000000000000', 'hex').toString('base64')
    await publish('--type', 'OrderPlaced.v1', '--codec', 'bytes', '--data', bytes)
    expect((await tail('-o', '%v')).stdout).toContain('OrderPlaced.order_id')
    expect(JSON.parse((await tail('-o', 'json')).stdout).payload_error).toContain('OrderPlaced.order_id')
  })

  test('tail names a broken schema file', async () => {
    writeFileSync(
      join(cwd, 'schemas/order-events.json'),
      '{"crbus_schema":1,"topic":"order-events","root":"X","events":{},"types":{}}',
    )
    const { stderr, exitCode } = await tail()
    expect(exitCode).toBe(6)
    expect(stderr).toContain('order-events.json')
  })

  const gated = source.replace(
    'OrderPlaced {',
    '#[cfg(feature = "beta")] OrderHeld { order_id: String },\n    OrderPlaced {',
  )
  const schemaFile = () => join(cwd, 'schemas/order-events.json')

  test('tail and schema check name the answer about a feature if a record does not fit the schema', async () => {
    writeFileSync(join(cwd, 'src/order.rs'), gated)
    await schemaImport('src/order.rs', '--assume', 'feature:beta=on')
    await publish('--type', 'OrderPlaced.v1', '--data', placed)
    await publish('--type', 'OrderShipped.v1', '--data', '{"order_id":"o-1","carrier":"x"}')
    await schemaImport('src/order.rs', '--assume', 'feature:beta=off')
    const answer = 'the schema was imported with feature:beta=off'
    const { stdout } = await tail()
    expect(stdout).toContain(`but the bytes are variant OrderShipped: ${answer}`)
    expect(stdout).toContain(`expected a variant of OrderEvent, 0 to 1, got 2 (byte 0); ${answer}`)
    expect(stdout).not.toContain('reordered')
    const check = await runCli(SchemaCheck, ['order-events', '--all'], { broker, cwd })
    expect(check.stdout.split(answer)).toHaveLength(3)
    const held = await publish('--type', 'OrderHeld.v1', '--data', '{"order_id":"o-1"}')
    expect(held.stderr).toContain(`OrderEvent has no variant "OrderHeld"; ${answer}`)
  })

  test('publish refuses a schema with an answer that is neither on nor off, and tail still decodes', async () => {
    writeFileSync(join(cwd, 'src/order.rs'), gated)
    await schemaImport('src/order.rs', '--assume', 'feature:beta=off')
    await publish('--type', 'OrderPlaced.v1', '--data', placed)
    const text = readFileSync(schemaFile(), 'utf8')
    writeFileSync(schemaFile(), text.replace('"feature:beta": "off"', '"feature:beta": "?"'))
    const { stderr, exitCode } = await publish('--type', 'OrderPlaced.v1', '--data', placed)
    expect(exitCode).toBe(2)
    expect(stderr).toContain('the schema does not say whether feature:beta is on or off, which may change the bytes')
    expect(stderr).toContain('try: crbus schema import PATH --topic order-events')
    expect((await tail('-o', '%v')).stdout).toContain('OrderPlaced')
    const again = await schemaImport('src/order.rs')
    expect(again.stderr).toContain('feature:beta: the answer must be on or off, not ?')
    expect((await schemaImport('src/order.rs', '--assume', 'feature:beta=off')).exitCode).toBe(0)
  })
})
