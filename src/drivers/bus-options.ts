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
  /** How published events are wrapped: `bincode` (what the Rust services read) or `cbor`. Default `bincode`. */
  readonly envelope?: 'bincode' | 'cbor' | undefined
  /** Where a group without a committed offset begins. */
  readonly autoOffsetReset?: OffsetReset | undefined
  /** The most events handed to a subscriber at a time; more than 0. Default 1000, as in Rust. */
  readonly bufferSize?: number | undefined
  /** Told what the bus does, until it is closed: see `logBus`. Default: nothing is logged. */
  readonly logger?: Logger | undefined
}

const autoOffsetReset = oneOf('earliest', 'latest')

/** The options that every bus has. */
export const eventBusChecks: OptionChecks<EventBusOptions> = {
  envelope: oneOf('bincode', 'cbor'),
  autoOffsetReset,
  bufferSize: aCount(),
  logger: aLogger,
}

/** Throws an `EventBusError` with the code `REFUSED` for an option that a bus does not have or cannot take. */
export const checkBusOptions = (where: string, options: unknown, checks: Readonly<Record<string, OptionCheck>>): void =>
  checkOptions(where, options, checks, (message) => new EventBusError('REFUSED', message))

const subscribeChecks: OptionChecks<SubscribeOptions> = {
  group: aText,
  autoOffsetReset,
  bufferSize: aCount(),
  signal: aSignal,
  onOutage: aFunction,
  outageLimit: milliseconds({ orInfinity: true }),
  callerLogs: aFlag,
}

/** Why a subscription cannot have these topics or options; `undefined` when it can. */
export function subscribeProblem(topics: unknown, options: unknown): string | undefined {
  try {
    checkFields('subscribe', { topics }, { topics: required(aList) })
    checkOptions('subscribe', options, subscribeChecks)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
