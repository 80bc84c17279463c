import type { EventBus } from '../../bus/event-bus.ts'
import type { BusFlags, Config } from '../config/config.ts'
import type { Context } from '../process/context.ts'
import type { GivenWords } from './missing-values.ts'

/** The values of a parsed command line. */
export interface GivenValues {
  readonly args: Readonly<Record<string, unknown>>
  readonly flags: Readonly<Record<string, unknown>>
}

/** What picking needs of the command. */
export interface PickRequest extends GivenWords {
  readonly context: Context
  /** Whether the missing name of a topic may be new, because the command creates the topic. */
  readonly createsTopic: boolean
  /** Parses a command line without its requirements; `undefined` if it is invalid in another way. */
  parse(words: readonly string[]): Promise<GivenValues | undefined>
  /** Selects the bus and the configuration by these flags. Called before the next two. */
  select(flags: BusFlags): void
  /** Connects to the bus. The command uses the same connection. */
  connect(): Promise<EventBus>
  /** Returns the settings in force. */
  config(): Promise<Config>
}

/** Returns a definition of a command line in which nothing is required. */
export function withoutRequired<I extends { readonly args?: object | undefined; readonly flags?: object | undefined }>(
  input: I,
): I {
  const optional = (definitions: object = {}) =>
    Object.fromEntries(Object.entries(definitions).map(([name, one]) => [name, { ...one, required: false }]))
  return { ...input, args: optional(input.args), flags: optional(input.flags) }
}
