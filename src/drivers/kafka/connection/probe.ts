import { lookup } from 'node:dns/promises'
import { connect as connectPlain, isIP } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { addressText } from '../../../bus/names/address-text.ts'
import type {
  BrokerCertificate,
  BrokerProbe,
  ConnectionStage,
  KafkaProbe,
  PartitionReplicas,
  ProbedCluster,
  ProbeFailure,
} from '../../../bus/probe.ts'
import { KafkaFailure, toBusError } from '../kafka-errors.ts'
import { type Api, type ApiVersions, ask } from '../protocol/api.ts'
import { offsetCommitApi, offsetFetchApi } from '../protocol/committed-offsets.ts'
import { fetchApi, MAX_FETCH_BYTES } from '../protocol/fetch.ts'
import { describeGroupsApi, listGroupsApi } from '../protocol/groups.ts'
import { listOffsetsApi } from '../protocol/list-offsets.ts'
import { heartbeatApi, joinGroupApi, leaveGroupApi, syncGroupApi } from '../protocol/membership.ts'
import { findCoordinatorApi, type Metadata, metadataApi } from '../protocol/metadata.ts'
import { produceApi } from '../protocol/produce.ts'
import { createTopicApi, deleteTopicApi } from '../protocol/topics.ts'
import { type RedpandaEventBusOptions, redpandaOptions } from '../redpanda-options.ts'
import { type Address, toAddress } from './address.ts'
import { toFailure } from './connection-failure.ts'
import { releaseOfRequests } from './release.ts'
import { WireConnection } from './wire.ts'

/** The time-outs of the stages; the last is for TLS, ApiVersions, the login and Metadata together. */
const DNS_TIMEOUT_MS = 2000
const TCP_TIMEOUT_MS = 2000
const BROKER_TIMEOUT_MS = 4000
/**
 * The limit of the whole probe, so that a command ends within ten seconds. A given address takes eight at most, which leaves time
 * for the addresses that it names.
 */
const PROBE_TIMEOUT_MS = 9000

/** The requests without which crbus cannot publish, subscribe or administer. */
const neededApis: readonly Pick<Api<never, unknown>, 'key' | 'version' | 'name'>[] = [
  ...[produceApi, fetchApi, listOffsetsApi, metadataApi, findCoordinatorApi, offsetFetchApi, offsetCommitApi],
  ...[joinGroupApi, syncGroupApi, heartbeatApi, leaveGroupApi, listGroupsApi, describeGroupsApi],
  ...[createTopicApi, deleteTopicApi],
]

type SecurityOptions = Pick<RedpandaEventBusOptions, 'tls' | 'sasl'>

/**
 * Connects to each given address and to the addresses that the brokers advertise, stage by stage, and resolves with what it saw.
 * Only reads. Rejects only for brokers that are not an address.
 */
export async function probeConnection(options: RedpandaEventBusOptions): Promise<KafkaProbe> {
  const complete = redpandaOptions(options)
  const names = [complete.brokers].flat().flatMap((text) => text.split(','))
  const addresses = names.map((name) => name.trim()).filter((name) => name !== '')
  const deadline = performance.now() + PROBE_TIMEOUT_MS
  const probes = new Map<string, Promise<Probed>>()
  const probe = (address: Address): Promise<Probed> => {
    const known = probes.get(addressText(address))
    const probed = known ?? probeBroker(address, complete, deadline)
    probes.set(addressText(address), probed)
    return probed
  }
  const bootstrap = await Promise.all(
    addresses.map(toAddress).map(async (address) => {
      const probed = await probe(address)
      // Another given address may not answer until its time-out, so the advertised addresses do not wait for all given ones.
      for (const broker of probed.metadata?.brokers ?? []) void probe(broker)
      return probed
    }),
  )
  const metadata = bootstrap.find((one) => one.metadata !== undefined)?.metadata
  const given = bootstrap.map((one) => one.probe)
  if (metadata === undefined) return { kind: 'kafka', bootstrap: given, advertised: [] }
  const others = metadata.brokers.filter((broker) => given.every(({ address }) => address !== addressText(broker)))
  const advertised = await Promise.all(
    others.map(async (broker) => ({ ...(await probe(broker)).probe, broker: broker.id })),
  )
  return { kind: 'kafka', bootstrap: given, advertised, cluster: toCluster(metadata) }
}

function toCluster({ clusterId, controller, brokers, topics }: Metadata): ProbedCluster {
  const partitions = topics.flatMap(({ topic, partitions: own }) =>
    own.map(({ partition, leader, replicas, inSync }): PartitionReplicas => {
      return { topic, partition, leader, replicas, inSync }
    }),
  )
  return {
    clusterId,
    controller,
    brokers: brokers.map((own) => ({ id: own.id, address: addressText(own) })),
    partitions,
  }
}

interface Probed {
  readonly probe: BrokerProbe
  /** Absent if a stage failed. */
  readonly metadata?: Metadata
}

/** Connects to one address until `deadline`, by `performance.now`. Stops at the first stage that fails. */
async function probeBroker(target: Address, { tls, sasl }: SecurityOptions, deadline: number): Promise<Probed> {
  const { host, port } = target
  const address = addressText(target)
  let probe: BrokerProbe = { address }
  const failed = (stage: ConnectionStage, error: unknown) => ({
    probe: { ...probe, failure: toProbeFailure(address, stage, error) },
  })
  /** Returns the time-out of a stage, in milliseconds. */
  const within = (limit: number, end = deadline) => Math.max(1, Math.min(limit, Math.round(end - performance.now())))
  const atSocket = async <T>(limit: number, work: (timeout: number) => Promise<T>): Promise<T> => {
    const timeout = within(limit)
    try {
      return await inTime(timeout, work(timeout))
    } catch (error) {
      const what = error instanceof TimedOut ? { waited: timeout } : { error }
      throw toFailure({ address, stage: 'connecting', ...what })
    }
  }
  if (!isIP(host)) {
    try {
      const found = await atSocket(DNS_TIMEOUT_MS, () => lookup(host, { all: true }))
      probe = { ...probe, resolved: found.map((own) => own.address) }
    } catch (error) {
      return failed('dns', error)
    }
  }
  try {
    probe = { ...probe, connected: await atSocket(TCP_TIMEOUT_MS, (timeout) => timeTcp(target, timeout)) }
  } catch (error) {
    return failed('tcp', error)
  }
  const timeout = within(BROKER_TIMEOUT_MS)
  const end = performance.now() + timeout
  const connection = new WireConnection({
    ...{ host, port, tls, sasl, clientId: 'crbus', timeout },
    maxAnswerBytes: MAX_FETCH_BYTES,
  })
  // The certificate is read on a connection of its own, which shows it also if it is refused.
  const inspected = tls ? inspectCertificate(target, tls, timeout) : undefined
  try {
    await connection.open()
    const metadata = await ask(connection, metadataApi, null, within(BROKER_TIMEOUT_MS, end))
    probe = { ...probe, ...seen(connection, await inspected, sasl?.mechanism), clusterId: metadata.clusterId }
    return { probe, metadata }
  } catch (error) {
    const stage = stageOf(connection.stage, Boolean(tls), error)
    probe = { ...probe, ...seen(connection, await inspected, stage === 'metadata' ? sasl?.mechanism : undefined) }
    return failed(stage, error)
  } finally {
    connection.close()
  }
}

const seen = (
  { versions }: WireConnection,
  certificate: BrokerCertificate | undefined,
  mechanism: string | undefined,
): Partial<BrokerProbe> => ({
  certificate,
  requests: versions.size === 0 ? undefined : requestsOf(versions),
  login: mechanism?.toUpperCase(),
})

function requestsOf(versions: ApiVersions): NonNullable<BrokerProbe['requests']> {
  const missing = neededApis.filter(({ key, version }) => {
    const { oldest, newest } = versions.get(key) ?? { oldest: 1, newest: 0 }
    return version < oldest || version > newest
  })
  return {
    release: releaseOfRequests(versions),
    missing: missing.map(({ name, version }) => `${name} version ${version}`),
  }
}

function stageOf(stage: WireConnection['stage'], isTls: boolean, error: unknown): ConnectionStage {
  if (stage === 'connecting') return isTls ? 'tls' : 'tcp'
  // With TLS 1.3, a broker refuses a client certificate after the handshake of the client has ended.
  if (stage === 'greeting') return error instanceof KafkaFailure && error.kind === 'authentication' ? 'tls' : 'versions'
  return stage === 'login' ? 'login' : 'metadata'
}

function toProbeFailure(address: string, stage: ConnectionStage, error: unknown): ProbeFailure {
  const { message, hints } = toBusError(error, { brokers: [address] })
  // The error of the bus repeats the address before the failure.
  return { stage, reason: error instanceof KafkaFailure ? error.message : message, hints }
}

class TimedOut extends Error {}

/** Rejects with `TimedOut` if the work takes longer. The work goes on. */
function inTime<T>(timeout: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new TimedOut()), timeout)
  return Promise.race([work, promise]).finally(() => clearTimeout(timer))
}

/** Returns how long the TCP connection takes, in milliseconds. */
function timeTcp({ host, port }: Address, timeout: number): Promise<number> {
  const start = performance.now()
  const socket = connectPlain({ host, port })
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  socket.once('connect', () => resolve(performance.now() - start)).once('error', reject)
  const timer = setTimeout(() => socket.destroy(), timeout)
  return promise.finally(() => {
    clearTimeout(timer)
    socket.destroy()
  })
}

/** Reads the certificate of a broker, whether it passes verification or not. `undefined` without a handshake. */
async function inspectCertificate(
  { host, port }: Address,
  tls: true | ConnectionOptions,
  timeout: number,
): Promise<BrokerCertificate | undefined> {
  const { promise, resolve } = Promise.withResolvers<BrokerCertificate | undefined>()
  const none = () => resolve(undefined)
  try {
    const options = { ...(isIP(host) ? {} : { servername: host }), ...(tls === true ? {} : tls) }
    const socket = connectTls({ host, port, ...options, rejectUnauthorized: false })
    const timer = setTimeout(() => socket.destroy(), timeout)
    socket.once('error', none).once('close', none)
    socket.once('secureConnect', () => {
      const { subject, issuer, valid_to: expires } = socket.getPeerCertificate()
      const rejected = socket.authorized ? undefined : String(socket.authorizationError)
      resolve({ subject: nameIn(subject), issuer: nameIn(issuer), expires: Date.parse(expires), rejected })
    })
    return await promise.finally(() => {
      clearTimeout(timer)
      socket.destroy()
    })
  } catch {
    // `tls.connect` throws for invalid options; the other connection reports them.
    return undefined
  }
}

/** Formats a distinguished name as its common name, or as all parts if it has none. */
function nameIn(name: object): string {
  const parts = Object.entries(name)
  const common = parts.find(([key]) => key === 'CN')?.[1]
  return String(common ?? parts.map(([key, value]) => `${key}=${value}`).join(', '))
}
