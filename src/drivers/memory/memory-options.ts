import { aFlag, aFunction, having, type OptionChecks } from '../../bus/options.ts'
import { checkBusOptions, type EventBusOptions, eventBusChecks } from '../bus-options.ts'
import type { MemoryBroker, MemoryBrokerOptions } from './broker.ts'

/** Options of `InMemoryEventBus`. */
export interface InMemoryEventBusOptions extends EventBusOptions, MemoryBrokerOptions {
  /** Share one to let several buses meet, as several processes would. Default: one of its own. `now` is then the broker's. */
  readonly broker?: MemoryBroker | undefined
  /**
   * Creates a topic of one partition when it is published or subscribed to and does not exist, instead of rejecting with
   * `TOPIC_NOT_FOUND`. For tests that are not about topics. Default false.
   */
  readonly createTopics?: boolean | undefined
}

const checks: OptionChecks<InMemoryEventBusOptions> = {
  ...eventBusChecks,
  now: aFunction,
  createTopics: aFlag,
  broker: having('a MemoryBroker', 'connect', 'privateGroup'),
}

/** Throws a `REFUSED` for an option that is unknown or wrong. */
export const checkMemoryOptions = (options: InMemoryEventBusOptions): void =>
  checkBusOptions('new InMemoryEventBus', options, checks)
