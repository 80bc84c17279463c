import type { ConnectionOptions } from 'node:tls'
import { aCount, aText, milliseconds, type OptionCheck, type OptionChecks, oneOf, secret } from '../../bus/options.ts'
import { checkBusOptions, type EventBusOptions, eventBusChecks } from '../bus-options.ts'
import type { Compression, Sasl } from './kafka-options.ts'
import { compressionIds } from './records/compression.ts'

/** Options of `RedpandaEventBus`. */
export interface RedpandaEventBusOptions extends EventBusOptions {
  /**
   * `host:port`; several as a list or separated by commas. The default port is 9092. `SSL://` or `SASL_SSL://` before an address
   * turns TLS on if the option `tls` is absent.
   */
  readonly brokers: string | readonly string[]
  /** Which replicas must store an event before a publish resolves: none, the leader, or all in sync. Default `1`, as in Rust. */
  readonly acks?: '0' | '1' | 'all' | undefined
  /** The compression of record batches. Default `none`. */
  readonly compression?: Compression | undefined
  /** The group of subscriptions without a group. Default: `composable-rust-` and the sorted topics, see `defaultGroup`. */
  readonly group?: string | undefined
  /**
   * How long a failing request is retried. Milliseconds; default 5000. While other brokers of the cluster answer, all requests
   * except publishes are retried for at least 30 s, so that those brokers can take over from a broker that is down.
   */
  readonly timeout?: number | undefined
  /**
   * How long `publish` uses the known partitions of a topic before it looks them up again and notices added partitions.
   * Milliseconds; default 300,000, as in librdkafka and kafkajs.
   */
  readonly metadataMaxAge?: number | undefined
  /**
   * The limit of a record batch that is read, in bytes when decompressed. Default 134,217,728 (128 MiB). A larger batch ends
   * the read with an error, so that it cannot exhaust the memory of the process: 66 kB may decompress to gigabytes. Reading
   * takes up to twice the limit in memory.
   */
  readonly maxBatchBytes?: number | undefined
  /** The name of this client for the brokers. Default `crbus`. */
  readonly clientId?: string | undefined
  /** `true`, or the options of `tls.connect`. */
  readonly tls?: boolean | ConnectionOptions | undefined
  /** The login: a user name and a password, or a function that provides the token. */
  readonly sasl?: Sasl | undefined
}

const aListOfBrokers: OptionCheck = {
  allowed: "'host:port', several as a list or separated by commas",
  fits: (value) => typeof value === 'string' || (Array.isArray(value) && value.every((one) => typeof one === 'string')),
}

const tls: OptionCheck = {
  allowed: 'true, false or an object with the options of tls.connect',
  fits: (value) => typeof value === 'boolean' || isObject(value),
}

const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512']

const sasl: OptionCheck = {
  allowed: `{ mechanism, username, password } with the mechanism ${MECHANISMS.map((name) => `'${name}'`).join(' or ')}, or { mechanism: 'oauthbearer', oauthBearerProvider }`,
  fits: (value) => {
    if (!isObject(value)) return false
    if (value.mechanism === 'oauthbearer') return typeof value.oauthBearerProvider === 'function'
    const isLogin = typeof value.username === 'string' && typeof value.password === 'string'
    return MECHANISMS.includes(value.mechanism as string) && isLogin
  },
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const checks: OptionChecks<RedpandaEventBusOptions> = {
  ...eventBusChecks,
  brokers: aListOfBrokers,
  acks: oneOf('0', '1', 'all'),
  compression: oneOf(...Object.keys(compressionIds)),
  group: aText,
  timeout: milliseconds({ least: 1 }),
  metadataMaxAge: milliseconds(),
  maxBatchBytes: aCount(),
  clientId: aText,
  tls: secret(tls),
  sasl: secret(sasl),
}

/** Checks the options of a bus on Kafka. A string is short for `{ brokers }`. */
export function redpandaOptions(given: RedpandaEventBusOptions | string): RedpandaEventBusOptions {
  const options = typeof given === 'string' ? { brokers: given } : given
  checkBusOptions('new RedpandaEventBus', options, checks)
  return options.tls === undefined && hasTlsProtocol(options.brokers) ? { ...options, tls: true } : options
}

/** Whether an address begins with a protocol that uses TLS. Without this check, such an address would be used without TLS. */
const hasTlsProtocol = (brokers: string | readonly string[]): boolean =>
  [brokers].flat().some((address) => /(?:^|,)\s*(?:SASL_)?SSL:\/\//i.test(address))
