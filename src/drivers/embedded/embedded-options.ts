import { aFlag, aFunction, aText, milliseconds, type OptionChecks, required } from '../../bus/options.ts'
import { checkBusOptions, type EventBusOptions, eventBusChecks } from '../bus-options.ts'

/** Options of `EmbeddedEventBus`. */
export interface EmbeddedEventBusOptions extends EventBusOptions {
  /** The file. It and its folder are created if they are missing. */
  readonly path: string
  /** Creates the file at the first change and not when the bus is opened, so that reading creates no file. Default false. */
  readonly makeOnChange?: boolean | undefined
  /**
   * Publishing and subscribing create a missing topic, with 3 partitions, and do not reject with `TOPIC_NOT_FOUND`. Default
   * false.
   */
  readonly createTopics?: boolean | undefined
  /** Called after a publish has created a topic. */
  readonly onTopicCreated?: ((topic: string, partitions: number) => void) | undefined
  /** How long a member of a group may be silent before it loses its partitions. Milliseconds; default 6000. */
  readonly sessionTimeout?: number | undefined
  /** The name of this client in descriptions of groups. Default `crbus`. */
  readonly clientId?: string | undefined
}

const checks: OptionChecks<EmbeddedEventBusOptions> = {
  ...eventBusChecks,
  path: required(aText),
  makeOnChange: aFlag,
  createTopics: aFlag,
  onTopicCreated: aFunction,
  sessionTimeout: milliseconds({ least: 1 }),
  clientId: aText,
}

/** Checks the options and returns them. Throws `REFUSED` for an unknown or invalid option. */
export function embeddedOptions(options: EmbeddedEventBusOptions): EmbeddedEventBusOptions {
  checkBusOptions('new EmbeddedEventBus', options, checks)
  return options
}
