import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { serializedEvent } from '../../src/bus/event.ts'
import Probe from '../../src/commands/probe.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { viewOf } from '../../src/operations/events/event-view.ts'
import { cborCodec } from '../../src/saga/codecs/plain-codecs.ts'
import { dispatch } from '../../src/saga/effects.ts'
import { runSaga } from '../../src/saga/run-saga.ts'
import { openEventStore } from '../../src/store/open.ts'
import { type Behavior, startConsumer } from '../support/probed-consumer.ts'
import { runCli } from './run-cli.ts'

let broker: MemoryBroker
let bus: InMemoryEventBus
let folder: string

beforeEach(async () => {
  broker = new MemoryBroker()
  bus = new InMemoryEventBus({ broker })
  folder = mkdtempSync(join(tmpdir(), 'crbus-probe-'))
  for (const topic of ['order-events', 'payment-commands', 'order-events-dlq']) await bus.admin.createTopic(topic)
  return async () => {
    await bus.close()
    rmSync(folder, { recursive: true })
  }
})

const topics = { input: 'order-events', output: 'payment-commands', deadLetters: 'order-events-dlq' }

async function consume(behavior: Behavior, group = 'saga'): Promise<void> {
  onTestFinished(await startConsumer(bus, group, topics, behavior))
}

const event = ['--type', 'OrderPlaced.v1', '--data', '{"order_id":"o-{{uuid}}"}']
const second = ['--then', '{"order_id":"o-{{uuid}}"}', '--then-type', 'OrderCancelled.v1']
const expectation = ['--expect', 'payment-commands', '--settle', '300ms']
const probe = (argv: string[], more = {}) =>
  runCli(Probe, ['order-events', ...event, ...expectation, ...argv], { broker, cwd: folder, ...more })
const document = async (argv: string[]) => JSON.parse((await probe([...argv, '--yes', '--json'])).stdout)

/** The codes of the problems by scenario. Scenarios without problems are left out. */
const problemsIn = ({ results }: { results: { scenario: string; problems: { code: string }[] }[] }) =>
  Object.fromEntries(
    results.flatMap(({ scenario, problems }) =>
      problems.length === 0 ? [] : [[scenario, problems.map(({ code }) => code)]],
    ),
  )

const recordsOf = async (topic: string) => {
  const ranges = await bus.log.ranges(topic)
  const slices = ranges.map(({ partition, start, end }) => ({ topic, partition, from: start, to: end }))
  const records = []
  for await (const batch of bus.log.read(slices)) records.push(...batch)
  return records
}

describe('crbus probe', () => {
  test('says that a consumer converged which handles each event once, late, in a burst and in any order', async () => {
    await consume('good')
    const { stdout, stderr, exitCode } = await probe([...second, '--yes'])
    expect(stdout).toMatch(/^TOPIC {5}order-events\nEXPECTED {2}payment-commands\nRUN {7}crbus-probe-[0-9a-f]{8}\n/)
    expect(stdout).toContain('the events are read by saga (1 member)')
    expect(stdout.slice(stdout.indexOf('SCENARIO      VERDICT'))).toBe(
      `SCENARIO      VERDICT  PUBLISHED  EFFECTS
once          ok               1  1×payment-commands:Pay.v1
twice         ok               2  1×payment-commands:Pay.v1
late          ok               1  1×payment-commands:Pay.v1
in-order      ok               2  1×payment-commands:Pay.v1,1×payment-commands:Refund.v1
out-of-order  ok               2  1×payment-commands:Pay.v1,1×payment-commands:Refund.v1
burst         ok              50  50×payment-commands:Pay.v1
`,
    )
    expect(stderr).toContain('the consumer converged in 6 scenarios\n')
    expect(exitCode).toBe(0)
  })

  test.each<readonly [Behavior, Readonly<Record<string, readonly string[]>>]>([
    ['handles-duplicates', { twice: ['duplicated'] }],
    ['loses-bursts', { burst: ['lost'] }],
    ['drops-late', { late: ['lost'] }],
    ['needs-order', { 'out-of-order': ['lost'] }],
    ['dead-letters', { late: ['dead-letter', 'lost'] }],
    ['without-correlation', {}],
  ])('finds exactly the fault of a consumer that %s', async (behavior, problems) => {
    await consume(behavior)
    const result = await document([...second])
    expect(problemsIn(result)).toEqual(problems)
    expect(result.converged).toBe(Object.keys(problems).length === 0)
  })

  test('shows the evidence of each problem, and ends with exit code 10', async () => {
    await consume('handles-duplicates')
    const { stdout, stderr, exitCode } = await probe(['--yes', '--burst', '0'])
    expect(stdout).toMatch(
      /^twice: duplicated {2}1 effect Pay\.v1 too many on payment-commands: 1 expected, as in once \(crbus-probe-[0-9a-f]{8}-twice\)$/m,
    )
    expect(stderr).toContain('the consumer did not converge in 1 of 3 scenarios')
    expect(exitCode).toBe(10)
  })

  test('counts dead letters as effects if they are expected', async () => {
    await consume('dead-letters')
    const { results } = await document(['--burst', '0', '--expect', 'order-events-dlq'])
    expect(results[2]).toMatchObject({
      scenario: 'late',
      effects: [{ topic: 'order-events-dlq', eventType: 'OrderPlaced.v1', count: 1 }],
      problems: [
        { code: 'duplicated', topic: 'order-events-dlq' },
        { code: 'lost', topic: 'payment-commands' },
      ],
    })
  })

  test('finds events that a group has not committed', async () => {
    await consume('commits-nothing')
    const result = await document(['--burst', '3'])
    expect(result.results.map(({ problems }: { problems: object[] }) => problems)).toMatchObject([
      [{ code: 'not-read', group: 'saga', count: 1 }],
      [{ code: 'not-read', group: 'saga', count: 2 }],
      [{ code: 'not-read', group: 'saga', count: 1 }],
      [{ code: 'not-read', group: 'saga', count: 3 }],
    ])
  })

  test('finds that an expected effect is missing where no consumer runs', async () => {
    const { stdout } = await probe(['--yes', '--burst', '1', '--expect', 'payment-commands:Refund.v1'])
    expect(stdout).toContain(
      'no group with members reads order-events: the probe waits until nothing has come for 300ms',
    )
    expect(stdout).toContain('once: effect-missing  no event came on payment-commands\n')
    expect(stdout).toContain('burst: effect-missing  no Refund.v1 came on payment-commands\n')
  })

  test('marks its events by a correlation id and a header, and gives each case ids of its own', async () => {
    await document([...second, '--burst', '2', '--key', 'k-{{uuid}}', '--late', '2h'])
    const found = (await recordsOf('order-events')).map((record) => {
      const { envelope, payload } = viewOf(record)
      const metadata = envelope?.ok ? envelope.event.metadata : undefined
      const { order_id } = (payload?.ok ? payload.value : {}) as { order_id: string }
      const [header] = record.headers.filter(([name]) => name === 'crbus-probe')
      const scenario = Buffer.from(header?.[1] ?? []).toString()
      return { id: metadata?.correlationId, key: Buffer.from(record.key ?? []).toString(), order_id, scenario }
    })
    expect(found).toHaveLength(10)
    for (const { id, scenario, key, order_id } of found) {
      expect(id).toMatch(/^crbus-probe-[0-9a-f]{8}-/)
      expect(scenario.replace('/', '-')).toBe(id?.replace(/(burst)-\d+$/, '$1'))
      expect(key.slice(1)).toBe(order_id.slice(1))
    }
    expect(new Set(found.map(({ id }) => id)).size).toBe(7)
    expect(new Set(found.map(({ order_id }) => order_id)).size).toBe(7)
  })

  test('ignores what other events cause meanwhile', async () => {
    await consume('good')
    await bus.publish('payment-commands', serializedEvent('Pay.v1', Buffer.from('{}'), { correlationId: 'other' }))
    const { results } = await document(['--burst', '0'])
    expect(results.map(({ effects }: { effects: object[] }) => effects)).toEqual(
      Array(3).fill([{ topic: 'payment-commands', eventType: 'Pay.v1', count: 1 }]),
    )
  })

  test('counts the events of the event store as effects', async () => {
    const path = join(folder, 'store.db')
    await using store = await openEventStore(path)
    const stream = await bus.subscribe(['order-events'], { group: 'saga', autoOffsetReset: 'earliest' })
    const stored = (async () => {
      for await (const received of stream) {
        if (!received.ok) continue
        const { correlationId } = received.event.metadata ?? {}
        await store.append(`order-${correlationId}`, 'any', [
          serializedEvent('Stored.v1', Buffer.from('{}'), { correlationId }),
        ])
        await bus.publish('payment-commands', { ...received.event, eventType: 'Pay.v1' })
      }
    })()
    onTestFinished(async () => {
      await stream.close()
      await stored
    })
    const { results } = await document(['--burst', '0', '--store', path])
    expect(results[0]).toMatchObject({ converged: true, effects: [{ eventType: 'Stored.v1', count: 1 }, { count: 1 }] })
    expect(results[1].problems).toMatchObject([
      { code: 'duplicated', eventType: 'Stored.v1', count: 1, message: expect.stringContaining('in the event store') },
      { code: 'duplicated', topic: 'payment-commands' },
    ])
  })

  test('finds no fault in a saga of the runtime, whose order of events does not matter', async () => {
    type CheckoutAction = { readonly type: 'OrderPlaced' | 'OrderCancelled'; readonly order_id: string }
    const path = join(folder, 'store.db')
    await using store = await openEventStore(path)
    await using _saga = await runSaga<readonly string[], CheckoutAction>({
      ...{ bus, store },
      saga: {
        name: 'checkout',
        topics: ['order-events'],
        initial: [],
        reduce(seen, { type, order_id }) {
          if (seen.includes(type)) return { state: seen, effects: [] }
          const command = { type: type === 'OrderPlaced' ? 'ChargePayment' : 'RefundPayment', order_id } as const
          return { state: [...seen, type], effects: [dispatch('payment-commands', command)] }
        },
        codec: cborCodec<CheckoutAction>({ OrderPlaced: 1, OrderCancelled: 1 }),
      },
    })
    const result = await document([...second, '--codec', 'cbor', '--store', path, '--burst', '20'])
    expect(problemsIn(result)).toEqual({})
    expect(result.groups).toMatchObject([{ group: 'checkout-saga', memberCount: 1 }])
    expect(result.results.at(-1).effects).toEqual([
      { eventType: 'OrderPlaced.v1', count: 20 },
      { topic: 'payment-commands', eventType: 'ChargePayment.v1', count: 20 },
    ])
  })

  test('publishes nothing with --dry-run, without consent, and on a read-only profile', async () => {
    writeFileSync(join(folder, 'crbus.json'), '{"profiles":{"prod":{"brokers":"a:1","readOnly":true}}}')
    expect(await probe(['--dry-run'])).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('burst') })
    expect(await probe([])).toMatchObject({ exitCode: 6 })
    expect(await probe(['--yes', '--profile', 'prod'])).toMatchObject({ exitCode: 6 })
    expect(await recordsOf('order-events')).toEqual([])
  })

  test.each([
    ['data that is not JSON', ['--data', '{'], '--data: '],
    ['an unknown placeholder', ['--data', '{{id}}'], '--data: there is no placeholder {{id}}'],
    ['a second event that is not JSON', ['--then', '{'], '--then: '],
    ['an expectation without a topic', ['--expect', ':Pay.v1'], '--expect :Pay.v1 is neither TOPIC nor TOPIC:TYPE'],
    ['a time that is not a duration', ['--settle', 'soon'], '--settle soon is not a duration'],
    ['an age beyond 1970', ['--late', '90000d'], '--late 90000d is before 1970'],
  ])('refuses %s', async (_, argv, message) => {
    const args = ['order-events', '--type', 'A.v1', '--expect', 'payment-commands', ...argv]
    const { exitCode, stderr } = await runCli(Probe, argv.includes('--data') ? args : [...args, '--data', '{}'], {
      broker,
      cwd: folder,
    })
    expect(stderr).toContain(message)
    expect(exitCode).toBe(2)
  })

  test('names a topic or a group that does not exist', async () => {
    expect(await probe(['--yes', '--expect', 'payment-command'])).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining("topic 'payment-command' does not exist"),
    })
    expect(await probe(['--yes', '--group', 'sage'])).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining("group 'sage' does not exist"),
    })
  })
})
