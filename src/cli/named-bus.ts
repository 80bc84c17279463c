import type { EventBusError } from '../bus/errors.ts'
import type { EventBus } from '../bus/event-bus.ts'
import type { BusIdentity, NamedBus } from '../operations/bus-identity.ts'
import type { Config } from './config/config.ts'

/** The codes of errors that mean that the bus does not answer. */
const noAnswer: ReadonlySet<string> = new Set(['CONNECTION_FAILED', 'AUTHENTICATION_FAILED', 'TRANSPORT_ERROR'])

/** Whether an error means that the bus does not answer. */
export const hasNoAnswer = ({ code }: EventBusError): boolean => noAnswer.has(code)

/** Asks a bus for its identity. */
export async function identityOf(bus: EventBus): Promise<BusIdentity> {
  const { kind, clusterId } = await bus.admin.describeCluster()
  return { kind, clusterId }
}

/** Names the bus of a configuration, as far as that is known without a connection. */
export function nameBus({ bus, profile, guard }: Config): NamedBus {
  const address = bus.value
  if (address.kind === 'kafka')
    return { kind: 'kafka', brokers: address.brokers, profile: profile?.value, guard: guard?.kind }
  return { kind: 'embedded', profile: profile?.value, guard: guard?.kind }
}
