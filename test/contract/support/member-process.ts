import type { EventBus } from '../../../src/bus/event-bus.ts'
import type { MemberRequest } from './harness.ts'

/** The bus a member process opens: what `startMemberProcess` writes and this file reads. */
export type BusAddress =
  | { readonly kind: 'embedded'; readonly path: string; readonly sessionTimeout: number }
  | { readonly kind: 'kafka'; readonly brokers: string }

async function openBus(address: BusAddress): Promise<EventBus> {
  if (address.kind === 'embedded') {
    const { EmbeddedEventBus } = await import('../../../src/drivers/embedded/embedded-event-bus.ts')
    return new EmbeddedEventBus(address)
  }
  const { RedpandaEventBus } = await import('../../../src/drivers/kafka/redpanda-event-bus.ts')
  return new RedpandaEventBus({ brokers: address.brokers })
}

const [address, request] = process.argv.slice(2).map((argument) => JSON.parse(argument)) as [BusAddress, MemberRequest]
const bus = await openBus(address)
const stream = await bus.subscribe([request.topic], { group: request.group, autoOffsetReset: 'earliest' })
for (let taken = 0; taken < request.take; taken += 1) await stream.next()
console.log('holding')
// It lives, and its heart beats, until it is killed.
setInterval(() => undefined, 60_000)
