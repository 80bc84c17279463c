import { describe, expect, test } from 'vitest'
import { serializedEvent } from '../../src/bus/event.ts'
import Lag from '../../src/commands/lag.ts'
import Tail from '../../src/commands/tail.ts'
import TopicsDescribe from '../../src/commands/topics/describe.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { withAdmin } from '../support/with-admin.ts'
import { runCli } from './run-cli.ts'

const GROUP_OF_STRANGER = 'a\u001b[31m\nb'

/** Returns a broker with these topics, and a group whose name a stranger chose. */
async function brokerWith(topics: readonly string[]): Promise<MemoryBroker> {
  const broker = new MemoryBroker()
  const bus = new InMemoryEventBus({ broker, createTopics: true })
  for (const topic of topics) await bus.admin.createTopic(topic, { partitions: 1 })
  await bus.admin.commitOffsets(GROUP_OF_STRANGER, [{ topic: topics[0] ?? '', partition: 0, offset: 0n }])
  return broker
}

const numbered = (count: number, name: string) => Array.from({ length: count }, (_, index) => `${name}-${index}-events`)

describe('a command line that lacks a name', () => {
  test('gets at most ten names, and completes itself with the first', async () => {
    const broker = await brokerWith(numbered(14, 'x').toSorted())
    const { stderr, exitCode } = await runCli(Tail, ['-e'], { broker })
    const names = numbered(14, 'x').toSorted().slice(0, 10).join(', ')
    expect(stderr).toBe(
      `error: crbus tail needs a topic. Topics: ${names} and 4 more (CRBUS_USAGE)\n  try: crbus tail -e x-0-events\n  try: crbus tail --help\n`,
    )
    expect(exitCode).toBe(2)
  })

  test('gets the names in the message of the JSON document', async () => {
    const { stdout, exitCode } = await runCli(Tail, ['--json'], { broker: await brokerWith(['order-events']) })
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: 'CRBUS_USAGE',
        message: 'crbus tail needs a topic. Topics: order-events',
        suggestions: [{ run: 'crbus tail --json order-events' }, { run: 'crbus tail --help' }],
        exitCode: 2,
      },
    })
    expect(exitCode).toBe(2)
  })

  test('gets the event types of the topics that it names', async () => {
    const broker = await brokerWith(['order-events', 'stock-events'])
    const bus = new InMemoryEventBus({ broker })
    for (const [topic, type] of [
      ['order-events', 'OrderPlaced.v1'],
      ['order-events', 'OrderPaid.v1'],
      ['stock-events', 'Stored.v1'],
    ] as const)
      await bus.publish(topic, [serializedEvent(type, Buffer.from('{}'))])
    const { stderr } = await runCli(Tail, ['order-events', '--type'], { broker })
    expect(stderr).toMatch(
      /^error: --type needs a value\. Event types: Order\S+, Order\S+ \(CRBUS_USAGE\)\n {2}try: --type Order/,
    )
  })

  test('gets names that are escaped on one line', async () => {
    const { stderr } = await runCli(Lag, ['--group'], { broker: await brokerWith(['order-events']) })
    expect(stderr).toBe(
      "error: --group needs a value. Groups: a\\x1b[31m\\nb (CRBUS_USAGE)\n  try: --group 'a\\x1b[31m\\nb'\n",
    )
  })

  test('gets fewer names if they are long, and a part of one that is too long itself', async () => {
    const long = 'y'.repeat(240)
    const { stderr } = await runCli(Tail, [], { broker: await brokerWith([long, 'z-events']) })
    const [line = ''] = stderr.split('\n')
    expect(line).toMatch(/Topics: y+…y+ and 1 more \(CRBUS_USAGE\)$/)
    expect(line.length).toBeLessThanOrEqual(200)
  })

  test('keeps its secrets out of the completed command line', async () => {
    const broker = await brokerWith(['order-events'])
    const login = ['security.protocol=SASL_SSL', 'sasl.mechanism=PLAIN', 'sasl.username=ann', 'sasl.password=hunter2']
    const { stderr } = await runCli(Tail, ['-b', 'kafka:9092', ...login.flatMap((one) => ['-X', one])], { broker })
    expect(stderr).toContain('-X sasl.username=ann -X sasl.password=*** order-events\n')
    expect(stderr).not.toContain('hunter2')
  })

  test('names the command that lists the names if the bus fails, and stays a usage error', async () => {
    const openBus = () => Promise.reject(new Error('no such bus'))
    const { stderr, exitCode } = await runCli(Tail, ['-b', 'kafka:9092'], { broker: new MemoryBroker(), openBus })
    expect(stderr).toBe(
      'error: crbus tail needs a topic (CRBUS_USAGE)\n  try: crbus topics list -b kafka:9092\n  try: crbus tail order-events\n  try: crbus tail --help\n',
    )
    expect(exitCode).toBe(2)
  })

  test('does not wait for a bus that never answers', async () => {
    const broker = new MemoryBroker()
    const openBus = () => withAdmin(new InMemoryEventBus({ broker }), { listTopics: () => new Promise(() => {}) })
    const { stderr, exitCode } = await runCli(Tail, [], { broker, openBus })
    expect(stderr).toContain('error: crbus tail needs a topic (CRBUS_USAGE)')
    expect(exitCode).toBe(2)
  })

  test('asks no bus if it is wrong in another way', async () => {
    let opened = 0
    const openBus = () => {
      opened += 1
      return new InMemoryEventBus({ broker: new MemoryBroker() })
    }
    const { stderr } = await runCli(TopicsDescribe, ['a', 'b'], { broker: new MemoryBroker(), openBus })
    expect(stderr).toContain("does not take the argument 'b'")
    expect(opened).toBe(0)
  })
})
