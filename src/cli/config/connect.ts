import { join } from 'node:path'
import type { EventBus } from '../../bus/event-bus.ts'
import { advice } from '../../bus/hints.ts'
import { addressText } from '../../bus/names/address-text.ts'
import type { BusProbe } from '../../bus/probe.ts'
import type { StoreSetup } from '../../store/layout.ts'
import { RefusedError, UsageError } from '../errors.ts'
import type { OpenOptions } from '../process/context.ts'
import { flag, hint, run } from '../suggestions.ts'
import type { BusAddress } from './bus-address.ts'
import type { OpenedSecurity } from './security/open-security.ts'
import type { Security } from './security/resolve-security.ts'
import type { StoreAddress } from './store-address.ts'

/**
 * Opens the bus at an address. Loads only the driver that this bus needs. An embedded bus without a file is empty, and its
 * first change creates the file. Publishing to an embedded bus creates the topic.
 */
export async function connect(address: BusAddress, options: OpenOptions = {}): Promise<EventBus> {
  const { onMissing, onTopicCreated, logger, timeout, acks, compression } = options
  if (address.kind === 'kafka') {
    const { brokers, maxBatchBytes, security, clusterId } = address
    const [{ RedpandaEventBus }, opened] = await Promise.all([
      import('../../drivers/kafka/redpanda-event-bus.ts'),
      open(security),
    ])
    const bus = new RedpandaEventBus({ brokers, maxBatchBytes, logger, timeout, acks, compression, ...opened })
    if (security?.isLocalOnly) await closedOnFailure(bus, () => refuseDistantBrokers(bus, security))
    if (clusterId !== undefined) await closedOnFailure(bus, () => refuseOtherCluster(bus, clusterId))
    return bus
  }
  const { EmbeddedEventBus } = await import('../../drivers/embedded/embedded-event-bus.ts')
  const { isMissing } = await import('../../drivers/embedded/create-on-first-write.ts')
  const path = join(address.folder, 'bus.db')
  if (isMissing(path)) onMissing?.(path)
  return new EmbeddedEventBus({ path, makeOnChange: true, createTopics: true, onTopicCreated, logger })
}

/** Reads the secrets of a connection, if it has TLS or a login. */
async function open(security: Security | undefined): Promise<OpenedSecurity | undefined> {
  if (security === undefined) return undefined
  const { openSecurity } = await import('./security/open-security.ts')
  return openSecurity(security, process.env)
}

/** Connects to the bus at an address stage by stage, with the same settings as {@link connect}, or inspects the file of the bus. */
export async function probeBus(address: BusAddress): Promise<BusProbe> {
  if (address.kind === 'kafka') {
    const { brokers, security } = address
    if (security?.isLocalOnly) await refuseToProbeDistantBrokers(brokers, security)
    const [{ probeConnection }, opened] = await Promise.all([
      import('../../drivers/kafka/connection/probe.ts'),
      open(security),
    ])
    return probeConnection({ brokers, ...opened })
  }
  const { inspectFile } = await import('../../drivers/embedded/inspect-file.ts')
  return inspectFile(join(address.folder, 'bus.db'))
}

/** Closes the bus if the check fails. */
async function closedOnFailure(bus: EventBus, check: () => Promise<void>): Promise<void> {
  try {
    await check()
  } catch (error) {
    await bus.close()
    throw error
  }
}

/** Throws `RefusedError` if the cluster does not have the id that the profile names. */
async function refuseOtherCluster(bus: EventBus, clusterId: string): Promise<void> {
  const found = await bus.admin.describeCluster()
  if (found.clusterId === clusterId) return
  throw new RefusedError(
    `the brokers belong to cluster ${found.clusterId}, but the profile has the clusterId ${clusterId}; nothing was done`,
    [run('crbus config'), hint('if the profile is wrong, correct its clusterId')],
  )
}

/**
 * Throws a `UsageError` if a broker on this machine tells clients to use brokers on other machines, which a login without TLS would
 * reach through the network. Behind a tunnel, for example, the given address is on this machine, and the brokers are not.
 */
async function refuseDistantBrokers(bus: EventBus, { login }: Security): Promise<void> {
  const { refuseUnencrypted } = await import('./security/resolve-security.ts')
  const { brokers } = await bus.admin.describeCluster()
  for (const broker of brokers) {
    const address = addressText(broker)
    if (login !== undefined)
      refuseUnencrypted(login.mechanism, address, ` to ${address}, which the brokers tell clients to use`)
  }
}

/** How long to wait for the addresses of the brokers before a probe, which has time-outs of its own. */
const ADDRESSES_TIMEOUT_MS = 2000

/** Refuses what `connect` refuses. Leaves failures of the connection to the probe. */
async function refuseToProbeDistantBrokers(brokers: string, security: Security): Promise<void> {
  const [{ RedpandaEventBus }, opened] = await Promise.all([
    import('../../drivers/kafka/redpanda-event-bus.ts'),
    open(security),
  ])
  await using bus = new RedpandaEventBus({ brokers, timeout: ADDRESSES_TIMEOUT_MS, ...opened })
  try {
    await refuseDistantBrokers(bus, security)
  } catch (error) {
    if (error instanceof UsageError) throw error
  }
}

/** Connects to the event store at an address, to create its tables. `UsageError` if the address is unknown. */
export async function openStoreSetup(address: StoreAddress): Promise<StoreSetup> {
  if (address.kind === 'unknown') {
    const { setVariable } = await import('./security/secrets/set-variable.ts')
    throw new UsageError(`cannot find the event store: ${address.variable} ${address.reason}`, [
      ...(process.env[address.variable] ? [] : setVariable(address.variable, process.env)),
      flag('--store postgres://user:password@host/database'),
      flag('--store data/store.db'),
      run('crbus config'),
    ])
  }
  const store = await import('../../store/open.ts')
  if (address.kind === 'sqlite') return store.openStoreSetup(address.path)
  return store.openStoreSetup(address.url, address.isFromProjectOnly ? NO_PASSWORD_EXPLANATION : undefined)
}

/** Explains why the user's password is not sent to a store whose address comes only from a project's crbus.json. */
const NO_PASSWORD_EXPLANATION = {
  whyNoPassword: "PGPASSWORD and ~/.pgpass are not used for an address that only a project's crbus.json names",
  hints: [
    advice('set CRBUS_STORE or --store to the same address'),
    advice('add a profile with this store to ~/.config/crbus/config.json'),
    advice('if the password is not secret, put it into the address in crbus.json'),
  ],
}
