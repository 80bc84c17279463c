import type { OffsetReset } from '../bus/driver-port.ts'
import { EventBusError } from '../bus/errors.ts'
import type { SubscribeOptions } from '../bus/event-bus.ts'
import type { Logger } from '../bus/logger.ts'
import {
  aCount,
  aFlag,
  aFunction,
  aList,
  aLogger,
  aSignal,
  aText,
  checkFields,
  checkOptions,
  milliseconds,
  type OptionCheck,
  type OptionChecks,
  oneOf,
  required,
} from '../bus/options.ts'

export interface EventBusOptions {
  /** The encoding of the envelope of published events: `bincode` (which the Rust services read) or `cbor`. Default `bincode`. */
  readonly envelope?: 'bincode' | 'cbor' | undefined
  /** Where a group without a committed offset starts. */
  readonly autoOffsetReset?: OffsetReset | undefined
  /** The maximum number of events in a batch for a subscriber; more than 0. Default 1000, as in Rust. */
  readonly bufferSize?: number | undefined
  /** Receives log lines about the bus until it is closed: see `logBus`. By default, nothing is logged. */
  readonly logger?: Logger | undefined
}

const autoOffsetReset = oneOf('earliest', 'latest')

/** The checks of the options that every bus has. */
export const eventBusChecks: OptionChecks<EventBusOptions> = {
  envelope: oneOf('bincode', 'cbor'),
  autoOffsetReset,
  bufferSize: aCount(),
  logger: aLogger,
}

/**
 * Throws an `EventBusError` with the code `REFUSED` for an unknown or invalid option. `where` names the call in the message, for
 * example `new EmbeddedEventBus`.
 */
export const checkBusOptions = (where: string, options: unknown, checks: Readonly<Record<string, OptionCheck>>): void =>
  checkOptions(where, options, checks, (message) => new EventBusError('REFUSED', message))

const subscribeChecks: OptionChecks<SubscribeOptions> = {
  group: aText,
  autoOffsetReset,
  bufferSize: aCount(),
  autoCommit: aFlag,
  signal: aSignal,
  onOutage: aFunction,
  outageLimit: milliseconds({ orInfinity: true }),
  callerLogs: aFlag,
}

/** Returns why the topics or options of a subscription are invalid, or `undefined` if they are valid. */
export function subscribeProblem(topics: unknown, options: unknown): string | undefined {
  try {
    checkFields('subscribe', { topics }, { topics: required(aList) })
    checkOptions('subscribe', options, subscribeChecks)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
