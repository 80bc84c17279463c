import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { serializedEvent } from '../../src/bus/event.ts'
import Index from '../../src/commands/index/index.ts'
import SagasDescribe from '../../src/commands/sagas/describe.ts'
import SagasList from '../../src/commands/sagas/list.ts'
import SagasShow from '../../src/commands/sagas/show.ts'
import SagasStuck from '../../src/commands/sagas/stuck.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { SqliteEventStore } from '../../src/store/sqlite/sqlite-event-store.ts'
import { runDemoService } from '../support/demo-service.ts'
import { type Runnable, runCli } from './run-cli.ts'

/** The clock of command tests. */
const NOW = Date.UTC(2026, 10, 23, 10)
const MINUTE = 60_000

const description = {
  crbus_saga: 1,
  saga: 'checkout',
  topics: ['order-events', 'inventory-events', 'payment-events'],
  events: ['checkout-events'],
  commands: ['order-commands', 'inventory-commands', 'payment-commands'],
  startedBy: ['OrderPlaced'],
  completedBy: ['CheckoutCompleted'],
  compensatedBy: ['CheckoutFailed'],
  stuckBy: ['CheckoutStuck'],
  expects: [
    { after: 'OrderPlaced', oneOf: ['StockReserved', 'OrderCancelled'], within: '1m' },
    { after: 'StockReserved', oneOf: ['PaymentCompleted', 'PaymentFailed'], within: '1m' },
  ],
}

/** Another saga, which reads one of the topics too. */
const refund = { saga: 'refund', topics: ['payment-events'], events: [], commands: [], startedBy: ['RefundAsked'] }

let broker: MemoryBroker
let folder: string
let bus: InMemoryEventBus

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crbus-sagas-'))
  broker = new MemoryBroker()
  bus = new InMemoryEventBus({ broker, createTopics: true })
  mkdirSync(join(folder, 'sagas'))
  writeFileSync(join(folder, 'sagas/checkout.json'), JSON.stringify(description))
  return async () => {
    await bus.close()
    rmSync(folder, { recursive: true })
  }
})

const run = (command: Runnable, ...argv: string[]) => runCli(command, argv, { broker, cwd: folder })

/** Publishes an event of a conversation `minutes` before now. */
async function publish(topic: string, type: string, correlationId: string, minutes: number): Promise<void> {
  const timestamp = new Date(NOW - minutes * MINUTE).toISOString()
  await bus.publish(topic, serializedEvent(type, Buffer.from('{}'), { correlationId, timestamp }))
}

describe('without an event store', () => {
  beforeEach(async () => {
    for (const topic of ['inventory-events', 'payment-events', 'checkout-events']) await bus.admin.createTopic(topic)
    for (const [id, minutes] of [
      ['done', 9],
      ['late', 8],
      ['new', 0.5],
    ] as const) {
      await publish('order-events', 'OrderPlaced.v1', id, minutes)
    }
    await publish('checkout-events', 'CheckoutCompleted.v1', 'done', 7)
    // An event of another flow: its conversation did not begin with OrderPlaced.
    await publish('payment-events', 'PaymentCompleted.v1', 'refund-1', 5)
  })

  test('lists the conversations of the topics with their states, the most urgent first', async () => {
    const { stdout, exitCode } = await run(SagasList)
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/checkout +0 +1 +1 +0 +0 +1 +topics/)
    const lines = stdout.split('\n').slice(4, -1)
    expect(lines).toEqual([
      expect.stringMatching(/^late +checkout +stuck +7m +OrderPlaced.v1 +8m +no StockReserved \(\+1\) +7m-ago$/),
      expect.stringMatching(/^new +checkout +running +30s +OrderPlaced.v1 +30s +StockReserved \(\+1\) +in-30s$/),
      expect.stringMatching(/^done +checkout +completed +7m +CheckoutCompleted.v1 +7m +- +-$/),
    ])
  })

  test('lists only the states that --state names, and only conversations that began after --since', async () => {
    const { stdout } = await run(SagasList, '--state', 'running', '--state', 'completed', '--since', '8m')
    expect(stdout).toMatch(/^new +/m)
    expect(stdout).not.toMatch(/^(done|late) +/m)
  })

  test('stuck lists the stuck conversations and exits with 10', async () => {
    const { stdout, exitCode } = await run(SagasStuck)
    expect(stdout).toMatch(/^late +checkout +stuck +7m/m)
    expect(stdout).not.toMatch(/^new/m)
    expect(exitCode).toBe(10)
  })

  test('stuck exits with 0 if none has been stuck for as long as --for', async () => {
    const { stderr, exitCode } = await run(SagasStuck, '--for', '8m')
    expect(stderr).toContain('no conversation is stuck or failed')
    expect(exitCode).toBe(0)
  })

  test('stuck fails without a description, because nothing was checked', async () => {
    rmSync(join(folder, 'sagas'), { recursive: true })
    const { stderr, exitCode } = await run(SagasStuck)
    expect(stderr).toContain('no saga is described here')
    expect(stderr).toContain('crbus sagas describe')
    expect(exitCode).toBe(2)
  })

  test('names similar sagas for one that is not described', async () => {
    const { stderr, exitCode } = await run(SagasList, 'chekout')
    expect(stderr).toContain("no description of a saga 'chekout'")
    expect(stderr).toContain('crbus sagas list checkout')
    expect(exitCode).toBe(2)
  })

  test('shows a conversation from the topics', async () => {
    const { stdout } = await run(SagasShow, 'late')
    expect(stdout).toContain('STATE         stuck for 7m')
    expect(stdout).toMatch(/OrderPlaced.v1 +order-events\[\d\]@\d+/)
  })

  test('shows the same conversation by the index, and says how far the index reaches in the topics of all sagas', async () => {
    writeFileSync(join(folder, 'sagas/refund.json'), JSON.stringify({ ...description, ...refund }))
    const stateFolder = join(folder, 'state')
    const show = (...argv: string[]) => runCli(SagasShow, ['late', ...argv], { broker, cwd: folder, stateFolder })
    const without = await show()
    expect(without.stderr).not.toContain('index')
    await runCli(Index, [], { broker, stateFolder })
    await publish('payment-events', 'PaymentCompleted.v1', 'refund-2', 5)
    const { stdout, stderr } = await show()
    expect(stdout).toBe(without.stdout)
    expect(stderr).toContain(
      'the index covers 6 offsets; 2 more offsets are read from the topics ("crbus index" adds them)\n',
    )
  })

  test('names a topic of the description that does not exist', async () => {
    writeFileSync(join(folder, 'sagas/checkout.json'), JSON.stringify({ ...description, events: ['outcomes'] }))
    const { stderr } = await run(SagasList)
    expect(stderr).toContain("topic 'outcomes' of the saga 'checkout' does not exist")
  })
})

describe('with the event store of a service', () => {
  const withStore = (command: Runnable, ...argv: string[]) => run(command, ...argv, '--store', 'store.db')
  const documentOf = async (command: Runnable, ...argv: string[]) =>
    JSON.parse((await withStore(command, ...argv, '--json')).stdout)

  test('judges the conversations of its streams by the outcomes on the topics', async () => {
    await using store = new SqliteEventStore({ path: join(folder, 'store.db') })
    await runDemoService(bus, store, { checkouts: 6, until: /^Checkout(Completed|Failed)/ })
    const { sagas, instances } = await documentOf(SagasList)
    expect(sagas).toMatchObject([{ saga: 'checkout', source: 'store', counts: { completed: 4, compensated: 2 } }])
    expect(instances).toHaveLength(6)
  })

  test('shows each event with the messages that it caused', async () => {
    await using store = new SqliteEventStore({ path: join(folder, 'store.db') })
    await runDemoService(bus, store, { checkouts: 3, until: /^Checkout(Completed|Failed)/ })
    const { transitions, state } = await documentOf(SagasShow, 'checkout-3')
    expect(state).toBe('compensated')
    const flow = transitions.map(({ version, eventType, sent }: Transition) => [
      version,
      eventType,
      ...sent.map((message) => message.eventType),
    ])
    expect(flow).toEqual([
      [1, 'OrderPlaced.v1', 'ReserveStock.v1'],
      [2, 'StockReserved.v1', 'CompletePayment.v1'],
      [3, 'PaymentFailed.v1', 'ReleaseStock.v1', 'CancelOrder.v1'],
      expect.arrayContaining([4]),
      expect.arrayContaining([5, 'CheckoutFailed.v1']),
    ])
  })

  test('a conversation with an open dead letter is failed, until the dead letter is resolved', async () => {
    await using store = new SqliteEventStore({ path: join(folder, 'store.db') })
    await runDemoService(bus, store, { checkouts: 1, without: ['payment'], until: /^StockReserved/ })
    const event = serializedEvent('CompletePayment.v1', Buffer.from('{}'), { correlationId: 'checkout-1' })
    const error = 'the card is unknown'
    const id = await store.deadLetters.add({ streamId: 'payment-1', event, error, originalTimestamp: new Date(NOW) })
    const failed = await documentOf(SagasStuck)
    expect(failed.instances).toMatchObject([{ state: 'failed', reason: { code: 'dead-letter', letterId: '1', error } }])
    expect((await withStore(SagasStuck)).stderr).toContain('try: crbus sagas show checkout-1')
    expect((await withStore(SagasShow, 'checkout-1')).stderr).toContain('try: crbus dlq show 1')
    await store.deadLetters.resolve(id, 'ops')
    expect((await documentOf(SagasStuck)).instances).toEqual([])
  })
})

describe('describe', () => {
  const path = () => join(folder, 'sagas/checkout.json')
  const on = ['checkout', '--on', 'order-events,inventory-events,payment-events']
  const describe_ = (...argv: string[]) => run(SagasDescribe, ...on, ...argv)

  beforeEach(async () => {
    rmSync(path())
    for (let number = 1; number <= 20; number += 1) {
      const id = `c-${number}`
      await publish('order-events', 'OrderPlaced.v1', id, 100)
      await publish('inventory-events', 'StockReserved.v1', id, 99)
      await publish('payment-events', number % 4 === 0 ? 'PaymentFailed.v1' : 'PaymentCompleted.v1', id, 95)
      await publish('checkout-events', number % 4 === 0 ? 'CheckoutFailed.v1' : 'CheckoutCompleted.v1', id, 94)
    }
  })

  test('writes a description by which the same conversations are judged right', async () => {
    const { stderr, exitCode } = await describe_('--yes')
    expect(stderr).toContain('CheckoutFailed is in compensatedBy because of its name; check it')
    expect(exitCode).toBe(0)
    expect(JSON.parse(readFileSync(path(), 'utf8'))).toEqual({
      crbus_saga: 1,
      saga: 'checkout',
      topics: ['order-events', 'inventory-events', 'payment-events'],
      events: ['checkout-events'],
      commands: [],
      startedBy: ['OrderPlaced'],
      completedBy: ['CheckoutCompleted'],
      compensatedBy: ['CheckoutFailed'],
      stuckBy: [],
      expects: [
        { after: 'OrderPlaced', oneOf: ['StockReserved'], within: '2m' },
        { after: 'StockReserved', oneOf: ['PaymentCompleted', 'PaymentFailed'], within: '8m' },
        { after: 'PaymentCompleted', oneOf: ['CheckoutCompleted'], within: '2m' },
        { after: 'PaymentFailed', oneOf: ['CheckoutFailed'], within: '2m' },
      ],
    })
    const { stdout } = await run(SagasList, '--json')
    expect(JSON.parse(stdout).sagas[0].counts).toMatchObject({ completed: 15, compensated: 5, stuck: 0 })
  })

  test('writes nothing with --dry-run, without a confirmation, and over an existing file', async () => {
    expect((await describe_('--dry-run')).stdout).toContain('"saga": "checkout"')
    expect(await describe_()).toMatchObject({ exitCode: 6 })
    expect(existsSync(path())).toBe(false)
    writeFileSync(path(), 'mine')
    const { stderr, exitCode } = await describe_('--yes')
    expect([exitCode, stderr]).toEqual([6, expect.stringContaining('exists; nothing was written')])
    expect(readFileSync(path(), 'utf8')).toBe('mine')
    expect((await describe_('--yes', '--force')).exitCode).toBe(0)
  })

  test('refuses a description without an end, and says what is missing', async () => {
    const { stderr, exitCode } = await run(SagasDescribe, 'other', '--on', 'order-events', '--yes')
    expect(stderr).toContain('20 conversations had no event that ends it')
    expect(exitCode).toBe(6)
  })

  test.each(['../evil', 'a/b', '.hidden'])('refuses the name %s', async (name) => {
    expect((await run(SagasDescribe, name, '--on', 'order-events', '--yes')).exitCode).toBe(2)
  })
})

describe('with the code of the service', () => {
  const CODE = 'src/checkout/saga.ts#checkoutSaga'
  let store: SqliteEventStore

  beforeEach(async () => {
    store = new SqliteEventStore({ path: join(folder, 'store.db') })
    await runDemoService(bus, store, { checkouts: 3, until: /^Checkout(Completed|Failed)/ })
    cpSync(new URL('../../src/demo/checkout', import.meta.url), join(folder, 'src/checkout'), { recursive: true })
    cpSync(new URL('../../src/demo/part.ts', import.meta.url), join(folder, 'src/part.ts'))
    // The package crbus of the service.
    mkdirSync(join(folder, 'node_modules/crbus'), { recursive: true })
    writeFileSync(join(folder, 'node_modules/crbus/package.json'), '{"type":"module","exports":"./index.js"}')
    const library = new URL('../../src/index.ts', import.meta.url).href
    writeFileSync(join(folder, 'node_modules/crbus/index.js'), `export * from ${JSON.stringify(library)}`)
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
    return () => store.close()
  })

  const show = (...argv: string[]) => run(SagasShow, 'checkout-3', '--store', 'store.db', ...argv)
  const edit = (from: string, to: string) => {
    const path = join(folder, 'src/checkout/saga.ts')
    const text = readFileSync(path, 'utf8')
    expect(text).toContain(from)
    writeFileSync(path, text.replace(from, to))
  }

  test('shows how each event changed the state', async () => {
    const { stdout, stderr, exitCode } = await show('--code', CODE)
    expect([exitCode, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/PaymentFailed.v1 .*\n.*→.*\n.*→.*\n {4}status: "running" → "compensating"/)
    expect(stdout).toContain('    steps.payment: "asked" → "failed"')
  })

  test('--what-if finds no difference for the code that sent the messages', async () => {
    const { stdout, exitCode } = await show('--code', CODE, '--what-if')
    expect(stdout).toContain('ok: the code reacts to every event as was stored and sent')
    expect(exitCode).toBe(0)
  })

  test('--what-if names the messages that changed code would send, and exits with 10', async () => {
    edit("type: 'ReserveStock',", "type: 'ReserveStock', urgent: true,")
    edit("type: 'ReleaseStock',", "type: 'FreeStock',")
    const { stdout, exitCode } = await show('--code', CODE, '--what-if', '--json')
    const { differences } = JSON.parse(stdout).replay
    expect(differences).toMatchObject([
      { version: 1, code: 'changed', messageType: 'ReserveStock.v1', topic: 'inventory-commands' },
      { version: 3, code: 'no-longer-sent', messageType: 'ReleaseStock.v1' },
      { version: 3, code: 'newly-sent', messageType: 'FreeStock.v1' },
    ])
    expect(exitCode).toBe(10)
  })

  test('reports the event that the code cannot reduce', async () => {
    edit("case 'PaymentFailed':", "case 'PaymentFailed': throw new Error('no idea')\n    case 'Other' as never:")
    const { stdout, exitCode } = await show('--code', CODE, '--what-if')
    expect(stdout).toContain('the code cannot reduce version 3 (PaymentFailed.v1): no idea')
    expect(exitCode).toBe(10)
  })

  test('stops code that does not end', async () => {
    edit('export const CHECKOUT_EVENTS', 'for (;;);\nexport const CHECKOUT_EVENTS')
    const { stderr, exitCode } = await show('--code', CODE, '--time-limit', '300ms')
    expect(stderr).toContain(`${CODE} did not reduce the events within 0.3s, so it was stopped`)
    expect(exitCode).toBe(6)
  })

  test('reports code that ends the process, with what it wrote to stderr', async () => {
    edit('export const CHECKOUT_EVENTS', "console.error('bye')\nprocess.exit(3)\nexport const CHECKOUT_EVENTS")
    const { stderr, exitCode } = await show('--code', CODE)
    expect(stderr).toContain(`${CODE} ended with exit code 3 before it had reduced the events: bye`)
    expect(exitCode).toBe(6)
  })

  test.each([
    ['src/checkout/saga.ts#nothing', "does not export 'nothing'; it exports CHECKOUT_EVENTS"],
    ['src/checkout/saga.ts#newCheckout', 'is not a saga: it has no name, topics, initial, reduce and codec'],
    ['src/checkout/none.ts#saga', 'does not exist'],
    ['src/checkout/saga.ts', 'is not FILE#EXPORT'],
  ])('refuses --code %s', async (code, reason) => {
    const { stderr, exitCode } = await show('--code', code)
    expect(stderr).toContain(reason)
    expect(exitCode).toBe(2)
  })

  describe('that the description names', () => {
    beforeEach(() => {
      writeFileSync(join(folder, 'sagas/checkout.json'), JSON.stringify({ ...description, code: CODE }))
    })
    const stateFolder = () => join(folder, 'state')
    const states = (options: object = {}) =>
      runCli(SagasShow, ['checkout-3', '--store', 'store.db', '--states'], {
        ...{ broker, cwd: folder, stateFolder: stateFolder() },
        ...options,
      })

    test('does not run without a consent', async () => {
      edit('export const CHECKOUT_EVENTS', "console.error('executed')\nprocess.exit(3)\nexport const CHECKOUT_EVENTS")
      const { stderr, exitCode } = await states()
      expect(stderr).toContain('which a stranger may have written')
      expect(stderr).toContain(`--code '${CODE}'`)
      expect(stderr).not.toContain('executed')
      expect(exitCode).toBe(6)
    })

    test('runs after the user has consented on a terminal, until the file changes', async () => {
      const asked = await states({ isTerminal: true, stdin: 'y\n' })
      expect(asked.stderr).toContain('A stranger may have written it')
      expect(asked.stdout).toContain('steps.payment')
      expect((await states()).stdout).toContain('steps.payment')
      edit('export const CHECKOUT_EVENTS', '// changed\nexport const CHECKOUT_EVENTS')
      expect((await states()).exitCode).toBe(6)
    })

    test('does not run through a link that leads out of the service', async () => {
      rmSync(join(folder, 'src/checkout/saga.ts'))
      symlinkSync(new URL('../../src/demo/checkout/saga.ts', import.meta.url), join(folder, 'src/checkout/saga.ts'))
      const { stderr, exitCode } = await states({ isTerminal: true, stdin: 'y\n' })
      expect(stderr).toContain('leads out of')
      expect(exitCode).toBe(6)
    })
  })
})

interface Transition {
  readonly version: number
  readonly eventType: string
  readonly sent: readonly { readonly eventType: string }[]
}
