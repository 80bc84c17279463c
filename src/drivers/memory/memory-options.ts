import { aFlag, aFunction, having, type OptionChecks } from '../../bus/options.ts'
import { checkBusOptions, type EventBusOptions, eventBusChecks } from '../bus-options.ts'
import type { MemoryBroker, MemoryBrokerOptions } from './broker.ts'

/** Options of `InMemoryEventBus`. */
export interface InMemoryEventBusOptions extends EventBusOptions, MemoryBrokerOptions {
  /** A broker to share with other buses, which then act like several processes. Its `now` applies. Default: a new broker. */
  readonly broker?: MemoryBroker | undefined
  /**
   * Publishing and subscribing create a missing topic, with one partition, and do not reject with `TOPIC_NOT_FOUND`. For tests
   * that are not about topics. Default false.
   */
  readonly createTopics?: boolean | undefined
}

const checks: OptionChecks<InMemoryEventBusOptions> = {
  ...eventBusChecks,
  now: aFunction,
  createTopics: aFlag,
  broker: having('a MemoryBroker', 'connect', 'privateGroup'),
}

/** Throws `REFUSED` for an unknown or invalid option. */
export const checkMemoryOptions = (options: InMemoryEventBusOptions): void =>
  checkBusOptions('new InMemoryEventBus', options, checks)
