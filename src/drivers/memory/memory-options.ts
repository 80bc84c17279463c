import { aFlag, aFunction, having, type OptionChecks } from '../../bus/options.ts'
import { checkBusOptions, eventBusChecks } from '../bus-options.ts'
import type { InMemoryEventBusOptions } from './in-memory-event-bus.ts'

const checks: OptionChecks<InMemoryEventBusOptions> = {
  ...eventBusChecks,
  now: aFunction,
  createTopics: aFlag,
  broker: having('a MemoryBroker', 'connect', 'privateGroup'),
}

/** Throws a `REFUSED` for an option that is unknown or wrong. */
export const checkMemoryOptions = (options: InMemoryEventBusOptions): void =>
  checkBusOptions('new InMemoryEventBus', options, checks)
