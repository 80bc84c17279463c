import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { serializedEvent } from '../../src/bus/event.ts'
import { Stop } from '../../src/cli/process/stop.ts'
import NewAggregate from '../../src/commands/new/aggregate.ts'
import NewSaga from '../../src/commands/new/saga.ts'
import NewService from '../../src/commands/new/service.ts'
import NewTopic from '../../src/commands/new/topic.ts'
import Publish from '../../src/commands/publish.ts'
import SchemaImport from '../../src/commands/schema/import.ts'
import Tail from '../../src/commands/tail.ts'
import TopicsApply from '../../src/commands/topics/apply.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { type Runnable, runCli } from './run-cli.ts'

let broker: MemoryBroker
let bus: InMemoryEventBus
let folder: string
let shop: string

const run = (command: Runnable, argv: string[], options: object = {}) =>
  runCli(command, argv, { broker, cwd: shop, ...options })
const read = (path: string) => readFileSync(join(shop, path), 'utf8')
const config = () => JSON.parse(read('crbus.json'))
const orderFlags = [
  '--event',
  'OrderPlaced:order_id=uuid,total=money',
  '--event',
  'OrderCancelled:order_id=uuid',
  '--no-install',
]

beforeEach(async () => {
  broker = new MemoryBroker()
  bus = new InMemoryEventBus({ broker, createTopics: true })
  folder = mkdtempSync(join(tmpdir(), 'crbus-new-'))
  shop = join(folder, 'shop')
  const made = await run(NewService, ['shop', '--no-install', '--crbus', '^9.9.9'], { cwd: folder })
  expect(made.exitCode, made.stderr).toBe(0)
})

describe('new service', () => {
  test('creates a folder whose package.json names the crbus that made it', () => {
    expect(JSON.parse(read('package.json'))).toMatchObject({ name: 'shop', dependencies: { crbus: '^9.9.9' } })
    expect(existsSync(join(shop, '.github/workflows/ci.yml'))).toBe(true)
    expect(read('compose.yaml')).not.toContain('sample')
  })

  test.each(['../x', 'class', '2nd', 'a b', 'nul'])('refuses the name %s', async (name) => {
    const { exitCode, stderr } = await run(NewService, [name, '--no-install'], { cwd: folder })
    expect(exitCode).toBe(2)
    expect(stderr).toContain('is not a valid name')
  })

  test('requires a name without a terminal to ask on', async () => {
    const { exitCode, stderr } = await run(NewService, [], { cwd: folder })
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('try: crbus new service shop')])
  })

  test('writes nothing with --dry-run or after an interrupt', async () => {
    const { stdout } = await run(NewService, ['other', '--dry-run'], { cwd: folder })
    expect(stdout).toMatch(/^other\/\n[\s\S]*main.ts +create\n/)
    const stop = new Stop()
    stop.request('interrupted')
    expect((await run(NewService, ['other', '--no-install'], { cwd: folder, stop })).exitCode).toBe(130)
    expect(existsSync(join(folder, 'other'))).toBe(false)
  })
})

describe('new aggregate', () => {
  test('registers the aggregate and declares its topics, once', async () => {
    const made = await run(NewAggregate, ['order', ...orderFlags, '--partitions', '6', '--retention', '1d', '--json'])
    const { files, written } = JSON.parse(made.stdout)
    expect(files.find(({ path }: { path: string }) => path === 'src/service.ts').action).toBe('edit')
    expect(written).toContain('src/order/aggregate.ts')
    expect(read('src/service.ts')).toContain('parts: readonly Part[] = [orderPart]')
    expect(config().topics['order-events']).toEqual({ partitions: 6, retention: '1d', codec: 'cbor' })
    const again = await run(NewAggregate, ['order', ...orderFlags, '--partitions', '6', '--retention', '1d', '--json'])
    expect(JSON.parse(again.stdout).written).toEqual([])
  })

  test('shows a file that differs, does not change it, and overwrites it with --force', async () => {
    await run(NewAggregate, ['order', ...orderFlags])
    writeFileSync(join(shop, 'src/order/codec.ts'), '// mine\n')
    const shown = await run(NewAggregate, ['order', ...orderFlags])
    expect(shown.stdout).toContain('--- src/order/codec.ts, as it is\n+++ src/order/codec.ts, as it would be\n')
    expect(shown.stdout).toContain('\n-// mine\n+import { cborCodec }')
    expect(shown.stderr).toContain('a file differs and was not changed; --force overwrites')
    expect(read('src/order/codec.ts')).toBe('// mine\n')
    await run(NewAggregate, ['order', ...orderFlags, '--force'])
    expect(read('src/order/codec.ts')).toContain('cborCodec')
  })

  test.each([
    [['order'], 'name the events of order'],
    [['order', '--event', 'OrderFailed'], 'a failure comes after'],
    [['order', ...orderFlags, '--codec', 'json'], 'Expected --codec=json to be one of'],
    [['order', ...orderFlags, '--set', 'colour=red'], "does not ask for 'colour'"],
    [['order', ...orderFlags, '--partitions', '0'], "'0' does not answer 'partitions'"],
    [['order', ...orderFlags, '--id', 'total'], "'total' is no field of type uuid or string"],
    [['order', ...orderFlags, '--template', '.'], 'is no template: it has no template.json'],
  ])('refuses %j', async (argv, reason) => {
    const { exitCode, stderr } = await run(NewAggregate, argv)
    expect(exitCode).toBe(2)
    expect(stderr).toContain(reason)
    expect(existsSync(join(shop, 'src/order'))).toBe(false)
  })

  test('is refused outside a service', async () => {
    const { exitCode, stderr } = await run(NewAggregate, ['order', ...orderFlags], { cwd: folder })
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('try: crbus new service shop')])
  })

  test('uses a template from --template or from the configured folder', async () => {
    const own = join(shop, 'ours/aggregate-ts')
    mkdirSync(join(own, 'files'), { recursive: true })
    const manifest = { crbus_template: 1, kind: 'aggregate', lang: 'ts', title: 'ours', words: { name: 'some-thing' } }
    const questions = [
      { name: 'colour', ask: 'Which colour?', kind: 'choice', choices: { red: 'warm', blue: 'cold' }, default: 'red' },
      { name: 'sum', ask: 'Which sum?', kind: 'text', default: 'none' },
    ]
    writeFileSync(join(own, 'template.json'), JSON.stringify({ ...manifest, questions }))
    writeFileSync(
      join(own, 'files/some-thing.txt'),
      '// crbus:put paint is colour; result is sum\nSomeThing is paint: result\n',
    )
    const answers = ['--set', 'colour=blue', '--set', 'sum=1+1=2']
    await run(NewAggregate, ['order', ...orderFlags, '--template', 'ours/aggregate-ts', ...answers])
    expect(read('order.txt')).toBe('Order is blue: 1+1=2\n')
    writeFileSync(join(shop, 'crbus.json'), JSON.stringify({ ...config(), templates: './ours' }))
    await run(NewAggregate, ['payment', ...orderFlags])
    expect(read('payment.txt')).toBe('Payment is red: none\n')
  })
})

describe("a template that is not crbus's own", () => {
  const leaveTrace = (name: string) => `node -e "require('node:fs').writeFileSync('${name}.ran', '')"`
  const ran = (service: string) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
      (path) => path.endsWith('.ran') && path.startsWith(service),
    )

  beforeEach(() => {
    const own = join(folder, 'theirs/service-ts')
    mkdirSync(join(own, 'files'), { recursive: true })
    const manifest = { crbus_template: 1, kind: 'service', lang: 'ts', title: 'theirs', words: { name: 'some-thing' } }
    writeFileSync(join(own, 'template.json'), JSON.stringify(manifest))
    const scripts = { postinstall: leaveTrace('postinstall'), format: leaveTrace('format'), test: leaveTrace('test') }
    writeFileSync(join(own, 'files/package.json'), JSON.stringify({ name: 'some-thing', private: true, scripts }))
    writeFileSync(join(folder, 'crbus.json'), JSON.stringify({ templates: 'theirs' }))
  })

  test.each([
    ['by --template', ['--template', 'theirs/service-ts'], '--template'],
    ['by crbus.json', [], 'crbus.json'],
  ])(
    'is named with its folder before anything is written, and none of its scripts run (chosen %s)',
    async (_, argv, from) => {
      const seen: (readonly [string, boolean])[] = []
      const onStderr = (text: string) => seen.push([text, existsSync(join(folder, 'other'))])
      const { exitCode, stderr } = await run(NewService, ['other', ...argv], { cwd: folder, onStderr })

      expect(exitCode, stderr).toBe(0)
      expect(seen[0]).toEqual([
        expect.stringMatching(
          `^note: the template is in .*theirs/service-ts \\(.*${from}\\) and not one of crbus's own\n$`,
        ),
        false,
      ])
      expect(stderr).toContain('note: not run, because the template is not')
      expect(stderr).toContain(
        'npm install --no-fund --no-audit, npm run --silent format, npm test --silent; --install runs them',
      )
      expect(readdirSync(join(folder, 'other'))).toEqual(['package.json'])
    },
  )

  test('has its scripts run with --install, after a notice that lists them', async () => {
    const seen: (readonly [string, readonly string[]])[] = []
    const onStderr = (text: string) => seen.push([text, ran('other')])
    const { exitCode, stderr } = await run(NewService, ['other', '--install'], { cwd: folder, onStderr })

    expect(exitCode, stderr).toBe(0)
    const [note, before] = seen.find(([text]) => text.includes('--install runs code')) ?? []
    expect(note).toContain('postinstall ("node -e')
    expect(note).toContain(', test ("node -e')
    expect(before).toEqual([])
    expect(ran('other').sort()).toEqual(['other/format.ran', 'other/postinstall.ran', 'other/test.ran'])
  }, 60_000)

  test.each([
    ['', []],
    [', also with --no-install', ['--no-install']],
  ])("prevents crbus's own templates from running scripts of the service later%s", async (_, argv) => {
    const stateFolder = join(folder, 'state')
    await run(NewService, ['other', ...argv], { cwd: folder, stateFolder })
    const other = join(folder, 'other')
    writeFileSync(join(other, 'crbus.json'), '{}')
    const add = ['order', '--event', 'OrderPlaced:order_id=uuid']
    const added = await run(NewAggregate, add, { cwd: other, stateFolder })
    expect(added.exitCode, added.stderr).toBe(0)
    expect(readdirSync(join(other, 'src'))).toContain('order')
    expect(added.stderr).toContain(
      "note: not run, because a template that is not crbus's own has written into this service: npm install",
    )
    expect(ran('other')).toEqual([])
  })

  test('is neither run nor mentioned with --no-install', async () => {
    const { stderr } = await run(NewService, ['other', '--no-install'], { cwd: folder })
    expect(stderr).not.toContain('not run')
    expect(ran('other')).toEqual([])
  })

  test('cannot write through a link that replaces the service or a file of it', async () => {
    mkdirSync(join(folder, 'elsewhere'))
    symlinkSync(join(folder, 'elsewhere'), join(folder, 'other'))
    const service = await run(NewService, ['other'], { cwd: folder })
    expect([service.exitCode, service.stderr]).toEqual([
      2,
      expect.stringContaining(
        `is a link to ${join(folder, 'elsewhere')}, where a service is a folder; nothing was written`,
      ),
    ])
    const text = read('crbus.json')
    writeFileSync(join(folder, 'elsewhere/crbus.json'), text)
    rmSync(join(shop, 'crbus.json'))
    symlinkSync('../elsewhere/crbus.json', join(shop, 'crbus.json'))
    const topic = await run(NewTopic, ['order-events'])
    expect([topic.exitCode, topic.stderr]).toEqual([
      2,
      expect.stringContaining(
        'crbus.json is a link to ../elsewhere/crbus.json, out of the service; nothing was written',
      ),
    ])
    expect(readdirSync(join(folder, 'elsewhere'))).toEqual(['crbus.json'])
    expect(readFileSync(join(folder, 'elsewhere/crbus.json'), 'utf8')).toBe(text)
  })
})

describe('a template that cannot be read', () => {
  const folders: readonly (readonly [string, () => string, string])[] = [
    ['does not exist', () => 'none', 'none is no template: it has no template.json'],
    ['is a file', () => 'crbus.json', 'crbus.json is not a folder'],
    ['is below a file', () => 'crbus.json/x', 'crbus.json is not a folder'],
    [
      'is a link to itself',
      () => {
        symlinkSync('loop', join(shop, 'loop'))
        return 'loop'
      },
      'is a link that leads back to itself',
    ],
    ['has too long a name', () => 'x'.repeat(300), 'its name is too long for the file system'],
    ['is an address', () => 'https://example.org/a.git', "'https://example.org/a.git' is not a folder"],
    ['is an address of ssh', () => 'git@example.org:a/b.git', "'git@example.org:a/b.git' is not a folder"],
    ['is an empty string', () => '', 'it is empty'],
  ]
  test.each(folders)('is refused with a reason if it %s', async (_, make, reason) => {
    const before = readdirSync(shop)
    const { stderr, exitCode } = await run(NewAggregate, ['order', ...orderFlags, '--template', make()])
    expect(stderr).toContain(reason)
    expect(stderr).not.toMatch(/ENOENT|ENOTDIR|ELOOP|ENAMETOOLONG/)
    expect(exitCode).toBe(2)
    expect(readdirSync(shop).filter((name) => name !== 'loop')).toEqual(before)
  })

  test.each([
    ['does not exist', () => {}, 'there is no folder PATH'],
    ['is a file', (path: string) => writeFileSync(path, ''), 'it is not a folder'],
    ['is a dangling link', (path: string) => symlinkSync('no', path), 'PATH is a link to no, which does not exist'],
    [
      'has a dangling link instead of the template',
      (path: string) => [mkdirSync(path), symlinkSync('no', join(path, 'aggregate-ts'))],
      'PATH/aggregate-ts is no template',
    ],
  ])("is not replaced by crbus's own when the configured folder %s", async (_, make, reason) => {
    writeFileSync(join(shop, 'crbus.json'), JSON.stringify({ ...config(), templates: './ours' }))
    make(join(shop, 'ours'))
    const { stderr, exitCode } = await run(NewAggregate, ['order', ...orderFlags])
    expect(stderr).toContain(reason.replace('PATH', join(shop, 'ours')))
    expect(exitCode).toBe(2)
    expect(existsSync(join(shop, 'src/order'))).toBe(false)
  })
})

test("new aggregate does not mention crbus's own template", async () => {
  const { stderr } = await run(NewAggregate, ['order', ...orderFlags])
  expect(stderr).not.toContain('template')
})

describe('an aggregate and a saga with the same name', () => {
  test.each(['ts', 'rust'])('are refused in either order (%s)', async (lang) => {
    const made = ['--lang', lang, '--yes', '--no-install']
    await run(NewAggregate, ['order', ...made])
    await run(NewAggregate, ['payment', ...made])
    await run(NewSaga, ['checkout', '--on', 'order-events,payment-events', ...made])
    if (lang === 'rust') mkdirSync(join(shop, 'src/sagas'), { recursive: true })
    if (lang === 'rust') writeFileSync(join(shop, 'src/sagas/checkout.rs'), '')
    const before = read('crbus.json')

    const saga = await run(NewSaga, ['order', '--on', 'order-events,payment-events', ...made])
    const aggregate = await run(NewAggregate, ['checkout', ...made])

    expect([saga.exitCode, saga.stderr]).toEqual([2, expect.stringContaining('order is the aggregate in src/')])
    expect([aggregate.exitCode, aggregate.stderr]).toEqual([2, expect.stringContaining('checkout is the saga in src/')])
    expect(read('crbus.json')).toBe(before)
  })
})

describe('new saga', () => {
  test('requires two different topics', async () => {
    await run(NewAggregate, ['order', ...orderFlags])
    const { exitCode, stderr } = await run(NewSaga, ['checkout', '--on', 'order-events,order-events', '--no-install'])
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('name two topics or more')])
  })

  const on = (topics: string) => ['checkout', '--on', topics, '--no-install']

  test('names the topic that only gets undo commands, which another service may own', async () => {
    await run(NewAggregate, ['order', ...orderFlags])
    await run(NewAggregate, ['payment', '--event', 'PaymentMade:order_id=uuid', '--no-install'])
    const made = await run(NewSaga, on('order-events,payment-events'))
    expect(made.exitCode, made.stderr).toBe(0)
    const part = read('src/checkout/part.ts')
    expect(part).toContain("  sends: ['payment-commands'],\n  sendsUndo: ['order-commands'],\n")
    const undone = await run(NewSaga, ['billing', '--on', 'payment-events,order-events', '--no-install'])
    expect(undone.exitCode, undone.stderr).toBe(0)
    expect(read('src/billing/part.ts')).not.toContain('sendsUndo')
  })

  test('reads the events of topics from aggregates, from schemas and from the bus', async () => {
    await run(NewAggregate, ['order', ...orderFlags])
    await run(NewAggregate, [
      'payment',
      '--event',
      'PaymentMade:order_id=uuid,amount=money',
      '--codec',
      'rust',
      '--no-install',
    ])
    await bus.publish('stock-events', serializedEvent('StockReserved.v1', Buffer.from('{"sku":"a","count":2}')))
    const made = await run(NewSaga, [
      ...on('order-events,payment-events,stock-events'),
      '--field',
      'MakePayment.amount=total',
    ])
    expect(made.exitCode, made.stderr).toBe(0)
    const actions = read('src/checkout/actions.ts')
    for (const name of [
      'OrderPlaced',
      'OrderCancelled',
      'PaymentMade',
      'StockReserved',
      'MakePayment',
      'ReserveStock',
    ]) {
      expect(actions).toContain(`export interface ${name} {`)
    }
    expect(read('src/checkout/codec.ts')).toContain("bySchema('schemas/payment-events.json')")
    expect(read('src/checkout/saga.ts')).toContain('order_id: state.facts.order_id,\n      amount: state.facts.total,')
    expect(config().topics).toHaveProperty('checkout-events')
  })

  test.each([
    ['order-events', 'name two topics or more'],
    ['order-events,nowhere-events', 'the events of nowhere-events are unknown'],
  ])('refuses --on %s', async (topics, reason) => {
    await run(NewAggregate, ['order', ...orderFlags])
    const { exitCode, stderr } = await run(NewSaga, on(topics))
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(reason)])
  })
})

describe('a value that crbus new cannot know', () => {
  const payment = ['payment', '--event', 'PaymentMade:order_line_id=uuid,quantity=int,email=string', '--no-install']

  test('of a command field is an open question in the code instead of a guess', async () => {
    await run(NewAggregate, ['order', ...orderFlags])
    await run(NewAggregate, payment)
    const { stdout, stderr } = await run(NewSaga, [
      'checkout',
      '--on',
      'order-events,payment-events',
      '--no-install',
      '--json',
    ])
    const saga = read('src/checkout/saga.ts')
    for (const field of ['order_line_id', 'quantity', 'email']) {
      expect(saga).toContain(`${field}: todo('TODO(crbus): which ${field} does MakePayment have?'),`)
    }
    expect(saga).toContain("import { todo } from '../todo.ts'")
    const { questions } = JSON.parse(stdout)
    const line = saga.split('\n').findIndex((text) => text.includes('quantity: todo')) + 1
    expect(questions).toContainEqual({
      path: 'src/checkout/saga.ts',
      line,
      question: 'which quantity does MakePayment have?',
    })
    expect(stderr).toContain('note: 3 questions are open, marked TODO(crbus) in the files:\n')
    expect(stderr).toContain(`  src/checkout/saga.ts:${line} which quantity does MakePayment have?\n`)
  })

  test('is taken from the event field that --field names', async () => {
    await run(NewAggregate, ['order', ...orderFlags])
    await run(NewAggregate, payment)
    const saga = ['checkout', '--on', 'order-events,payment-events', '--no-install']
    const answers = ['order_line_id=order_id', 'quantity=total', 'email=order_id']
    const made = await run(NewSaga, [...saga, ...answers.flatMap((answer) => ['--field', `MakePayment.${answer}`])])
    expect([made.exitCode, made.stderr]).toEqual([0, expect.not.stringContaining('TODO(crbus)')])
    expect(read('src/checkout/saga.ts')).toContain('quantity: state.facts.total,\n      email: state.facts.order_id,')
    expect(existsSync(join(shop, 'src/todo.ts'))).toBe(false)
  })

  test.each([
    ['MakePayment.amount=total', 'no command of this saga has the field MakePayment.amount'],
    ['MakePayment.quantity=order_id', "no event before it has a field 'order_id' of its type"],
    ['quantity', '--field quantity is not name=value'],
  ])('refuses --field %s', async (field, reason) => {
    await run(NewAggregate, ['order', ...orderFlags])
    await run(NewAggregate, payment)
    const { exitCode, stderr } = await run(NewSaga, ['c', '--on', 'order-events,payment-events', '--field', field])
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(reason)])
  })

  test('of an aggregate is the strictest rule with a question beside it', async () => {
    const events = ['OrderPlaced:order_id=uuid', 'OrderShipped:order_id=uuid', 'OrderCancelled:order_id=uuid']
    const flags = events.flatMap((event) => ['--event', event])
    const { stderr } = await run(NewAggregate, ['order', ...flags, '--no-install'])
    const rules = read('src/order/rules.ts')
    expect(rules).toContain("  ShipOrder: ['OrderPlaced'],\n")
    expect(rules).toContain("  CancelOrder: ['OrderPlaced', 'OrderShipped'],\n")
    expect(stderr).toMatch(
      /src\/order\/rules.ts:\d+ ShipOrder applies after OrderPlaced and after no other event; is that/,
    )
  })

  test('leaves no question if the event names decide everything', async () => {
    const { stderr } = await run(NewAggregate, ['order', ...orderFlags])
    expect(stderr).not.toContain('TODO(crbus)')
  })
})

describe('a saga over Rust enums that mark neither commands nor events', () => {
  const bookings = `
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub enum SeatAction { HoldSeat { booking_id: String }, SeatHeld { booking_id: String }, SeatsExhausted { booking_id: String } }

#[derive(Serialize, Deserialize)]
pub enum TicketAction {
    ProcessTicket { booking_id: String },
    TicketIssued { booking_id: String },
    TicketFailed { booking_id: String, reason: String },
    CancelTicket { booking_id: String },
    TicketCancelled { booking_id: String },
    PrinterOffline { booking_id: String },
}
`
  const importAll = async () => {
    writeFileSync(join(shop, 'bookings.rs'), bookings)
    for (const [root, topic] of [
      ['SeatAction', 'seat-events'],
      ['TicketAction', 'ticket-events'],
    ] as const) {
      const imported = await run(SchemaImport, ['bookings.rs', '--root', root, '--topic', topic])
      expect(imported.exitCode, imported.stderr).toBe(0)
    }
  }
  const saga = ['booking', '--on', 'ticket-events,seat-events', '--no-install']

  test('requires --as for a variant whose name does not show its role', async () => {
    await importAll()
    const { exitCode, stderr } = await run(NewSaga, saga)
    expect([exitCode, stderr]).toEqual([
      2,
      expect.stringContaining(
        'schemas/ticket-events.json does not say whether PrinterOffline is a command or an event',
      ),
    ])
    expect(stderr).toContain('--as PrinterOffline=failure')
    const unknown = await run(NewSaga, [...saga, '--as', 'PrinterOffline=query'])
    expect([unknown.exitCode, unknown.stderr]).toEqual([2, expect.stringContaining("'query' is not one of command")])
  })

  test('tells commands from events by their names and by --as', async () => {
    await importAll()
    const roles = ['PrinterOffline=failure', 'HoldSeat=command', 'SeatHeld=event', 'SeatsExhausted=failure']
    const made = await run(NewSaga, [...saga, ...roles.flatMap((role) => ['--as', role])])
    expect(made.exitCode, made.stderr).toBe(0)
    const actions = read('src/booking/actions.ts')
    const heard = actions.slice(0, actions.indexOf('// What it says'))
    expect(heard).toContain('interface PrinterOffline {')
    expect(heard).not.toContain('interface ProcessTicket {')
    expect(actions).toContain('interface HoldSeat {')
    expect(actions).toContain('interface CancelTicket {')
    expect(read('src/booking/saga.ts')).toContain("type: 'HoldSeat',\n      booking_id: state.facts.booking_id,")
  })
})

describe('new topic', () => {
  const declared = () => config().topics['order-commands']
  const declare = (...flags: string[]) => run(NewTopic, ['order-commands', ...flags])

  test('declares the codec, envelope and key that publish uses', async () => {
    const made = await declare('--codec', 'json', '--envelope', 'cbor', '--key', 'aggregate', '--id', 'order_id')
    expect(made.exitCode, made.stderr).toBe(0)
    expect(declared()).toEqual({ partitions: 3, codec: 'json', envelope: 'cbor', key: 'aggregate', id: 'order_id' })

    await run(TopicsApply, ['--yes'])
    const data = '{"order_id":"o-1"}'
    const published = await run(Publish, ['order-commands', '--type', 'PlaceOrder.v1', '--data', data])
    expect(published.exitCode, published.stderr).toBe(0)
    const { stdout } = await run(Tail, ['order-commands', '--from', 'start', '--no-follow', '-o', 'json'])
    expect(JSON.parse(stdout)).toMatchObject({ key: 'o-1', envelope: 'cbor', codec: 'json', data: { order_id: 'o-1' } })
  })

  test('keys records by the aggregate with --id alone, and by event type with --key type', async () => {
    await declare('--id', 'order_id')
    expect(declared()).toEqual({ partitions: 3, key: 'aggregate', id: 'order_id' })
    await run(NewTopic, ['order-events', '--key', 'type'])
    expect(config().topics['order-events']).toEqual({ partitions: 3, key: 'type' })
  })

  test('keeps the settings of a declared topic and adds missing ones', async () => {
    await declare('--partitions', '6', '--codec', 'cbor')
    await declare('--codec', 'json', '--id', 'order_id')
    expect(declared()).toEqual({ partitions: 6, codec: 'cbor', key: 'aggregate', id: 'order_id' })
  })

  test.each([
    [['--key', 'aggregate'], '--key aggregate needs --id'],
    [['--key', 'type', '--id', 'order_id'], '--key type keys them by event type'],
    [['--codec', 'rust'], 'Expected --codec=rust to be one of: cbor, json, bincode'],
    [['--id', ''], 'it is empty'],
  ])('refuses %j and does not change crbus.json', async (flags, reason) => {
    const before = read('crbus.json')
    const { exitCode, stderr } = await declare(...flags)
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(reason)])
    expect(read('crbus.json')).toBe(before)
  })

  test('refuses another codec than bincode for a topic with a schema', async () => {
    writeFileSync(join(shop, 'crbus.json'), '{"topics":{"order-commands":{"schema":"orders.json"}}}')
    const { exitCode, stderr } = await declare('--codec', 'json')
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining("topic 'order-commands' has a schema in ")])
    expect(declared()).toEqual({ schema: 'orders.json' })
  })
})

describe('declared topics', () => {
  test('are created and changed by topics apply, but never shrunk or deleted', async () => {
    await bus.admin.createTopic('other-events', { partitions: 1 })
    await bus.admin.createTopic('wide-events', { partitions: 4 })
    await run(NewTopic, ['order-events', '--partitions', '2', '--retention', '7d'])
    await run(NewTopic, ['wide-events', '--partitions', '2'])
    const planned = await run(TopicsApply, ['--dry-run', '--json'])
    expect(JSON.parse(planned.stdout)).toMatchObject({
      create: [{ topic: 'order-events', partitions: 2, retention: 604_800_000 }],
      same: ['wide-events'],
      notes: [{ topic: 'wide-events', note: 'it has 4 partitions, 2 declared; none are taken away' }],
      applied: false,
    })
    expect((await run(TopicsApply, [])).exitCode).toBe(6)
    expect((await run(TopicsApply, ['--yes'])).stderr).toContain('created 1, changed 0')
    const changed = { 'order-events': { partitions: 5, retention: '1d' } }
    writeFileSync(join(shop, 'crbus.json'), JSON.stringify({ topics: changed }))
    const { stdout } = await run(TopicsApply, ['--yes'])
    expect(stdout).toContain('partitions 2 → 5, retention 7d → 1d')
    const { partitions, config: settings } = await bus.admin.describeTopic('order-events')
    expect([partitions, settings.get('retention.ms')]).toEqual([5, '86400000'])
    expect((await bus.admin.listTopics()).map(({ topic }) => topic)).toContain('other-events')
    expect((await run(TopicsApply, [])).stdout).toContain('as-declared')
  })

  test('are required by topics apply', async () => {
    const { exitCode, stderr } = await run(TopicsApply, [], { cwd: folder })
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('there is no crbus.json here or above')])
  })

  test.each([
    [['order events'], 6],
    [['order-events', '--retention', 'long'], 2],
    [[], 2],
  ])('are refused by new topic %j', async (argv, code) => {
    expect((await run(NewTopic, argv)).exitCode).toBe(code)
  })
})
