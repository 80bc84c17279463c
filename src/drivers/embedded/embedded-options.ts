import { aFlag, aFunction, aText, milliseconds, type OptionChecks, required } from '../../bus/options.ts'
import { checkBusOptions, eventBusChecks } from '../bus-options.ts'
import type { EmbeddedEventBusOptions } from './embedded-event-bus.ts'

const checks: OptionChecks<EmbeddedEventBusOptions> = {
  ...eventBusChecks,
  path: required(aText),
  makeOnChange: aFlag,
  createTopics: aFlag,
  onTopicCreated: aFunction,
  sessionTimeout: milliseconds({ least: 1 }),
  clientId: aText,
}

/** The same options, checked. */
export function embeddedOptions(options: EmbeddedEventBusOptions): EmbeddedEventBusOptions {
  checkBusOptions('new EmbeddedEventBus', options, checks)
  return options
}
