import type { ConnectionOptions } from 'node:tls'
import { aCount, aText, milliseconds, type OptionCheck, type OptionChecks, oneOf, secret } from '../../bus/options.ts'
import { checkBusOptions, type EventBusOptions, eventBusChecks } from '../bus-options.ts'
import type { Compression, Sasl } from './kafka-options.ts'
import { compressionIds } from './records/compression.ts'

/** Options of `RedpandaEventBus`. */
export interface RedpandaEventBusOptions extends EventBusOptions {
  /** `host:port`, several separated by commas or as a list; port 9092 when none is given. */
  readonly brokers: string | readonly string[]
  /** How many replicas have a publish before it resolves: none, the leader, all in sync. Default `1`, as in Rust. */
  readonly acks?: '0' | '1' | 'all' | undefined
  /** Default `none`. */
  readonly compression?: Compression | undefined
  /** The group of subscriptions that name none. Default `composable-rust-` and the sorted topics. */
  readonly group?: string | undefined
  /**
   * How long a request may fail and be tried again. Milliseconds; default 5000. Where other brokers answer for one that
   * is away, what is no publish waits 30 s for them to take its place.
   */
  readonly timeout?: number | undefined
  /**
   * How old what a publish knows of its topic may be: partitions that were added are chosen after this long. Milliseconds;
   * default 300,000, as librdkafka and kafkajs have it.
   */
  readonly metadataMaxAge?: number | undefined
  /**
   * The largest record batch that is read, in bytes once it is decompressed. Default 134,217,728 (128 MiB). A batch that
   * is larger ends the read with an error instead of the process: 66 kB may hold gigabytes. Reading takes up to twice as
   * much memory.
   */
  readonly maxBatchBytes?: number | undefined
  /** Default `crbus`. */
  readonly clientId?: string | undefined
  /** `true`, or what `tls.connect` takes. */
  readonly tls?: boolean | ConnectionOptions | undefined
  /** The login: a name and a password, or whoever provides the token. */
  readonly sasl?: Sasl | undefined
}

const aListOfBrokers: OptionCheck = {
  allowed: "'host:port', several separated by commas or as a list",
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

/** The options of a bus on Kafka, checked; brokers alone stand for options. */
export function redpandaOptions(given: RedpandaEventBusOptions | string): RedpandaEventBusOptions {
  const options = typeof given === 'string' ? { brokers: given } : given
  checkBusOptions('new RedpandaEventBus', options, checks)
  return options
}
