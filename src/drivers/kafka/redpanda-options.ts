import { aCount, aText, milliseconds, type OptionCheck, type OptionChecks, oneOf, secret } from '../../bus/options.ts'
import { checkBusOptions, eventBusChecks } from '../bus-options.ts'
import { compressionIds } from './records/compression.ts'
import type { RedpandaEventBusOptions } from './redpanda-event-bus.ts'

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
