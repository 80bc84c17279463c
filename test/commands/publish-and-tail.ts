import Publish from '../../src/commands/publish.ts'
import Tail from '../../src/commands/tail.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { runCli } from './run-cli.ts'

/** The broker of the current test, which `createBroker` replaces before each test. */
export let broker: MemoryBroker

export function createBroker(): void {
  broker = new MemoryBroker()
}

/** Runs `publish` on the broker. */
export const publish = (argv: string[], stdin?: string) =>
  runCli(Publish, argv, stdin === undefined ? { broker } : { broker, stdin })

/** Runs `tail` on the broker. */
export const tail = (argv: string[], more = {}) => runCli(Tail, argv, { broker, ...more })

/** The arguments of an event on `order-events`. */
export const order = ['order-events', '--type', 'OrderPlaced.v1']

/** Returns the values of all records of a topic, in hexadecimal. */
export async function values(topic: string): Promise<(string | null)[]> {
  const bus = new InMemoryEventBus({ broker, createTopics: true })
  const found: (string | null)[] = []
  const ranges = await bus.log.ranges(topic)
  for await (const batch of bus.log.read(
    ranges.map(({ partition, start, end }) => ({ topic, partition, from: start, to: end })),
  )) {
    for (const { value } of batch) found.push(value && Buffer.from(value).toString('hex'))
  }
  return found
}
