import { aFlag, aFunction, aText, milliseconds, type OptionChecks, required } from '../../bus/options.ts'
import { checkBusOptions, type EventBusOptions, eventBusChecks } from '../bus-options.ts'

/** Options of `EmbeddedEventBus`. */
export interface EmbeddedEventBusOptions extends EventBusOptions {
  /** The file. It and its folder are made when they are not there. */
  readonly path: string
  /** Make the file when the bus is first changed instead of when it is opened: reading then leaves nothing. Default false. */
  readonly makeOnChange?: boolean | undefined
  /**
   * Creates a topic of 3 partitions when it is published or subscribed to and does not exist, instead of rejecting with
   * `TOPIC_NOT_FOUND`. Default false.
   */
  readonly createTopics?: boolean | undefined
  /** Told of each topic that a publish creates. */
  readonly onTopicCreated?: ((topic: string, partitions: number) => void) | undefined
  /** How long a member of a group may be silent before its partitions go to others. Milliseconds; default 6000. */
  readonly sessionTimeout?: number | undefined
  /** Who this is, in descriptions of groups. Default `crbus`. */
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

/** The same options, checked. */
export function embeddedOptions(options: EmbeddedEventBusOptions): EmbeddedEventBusOptions {
  checkBusOptions('new EmbeddedEventBus', options, checks)
  return options
}
