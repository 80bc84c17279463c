import type { EventBus } from '../../bus/event-bus.ts'
import { isGlob } from '../../bus/names/glob.ts'
import type { BusFlags, Config } from '../config/config.ts'
import type { Context } from '../process/context.ts'
import type { GivenWords } from './missing-values.ts'

/** The values of a parsed command line. */
export interface GivenValues {
  readonly args: Readonly<Record<string, unknown>>
  readonly flags: Readonly<Record<string, unknown>>
}

/** Parses a command line, without its requirements if `isRelaxed`. Rejects if it is invalid. */
export type Parse = (words: readonly string[], isRelaxed: boolean) => Promise<GivenValues>

/** The definitions of the arguments and flags of a command. */
export type Definitions = Pick<GivenWords, 'args' | 'flags'>

/** What picking needs of the command. */
export interface PickRequest extends GivenWords {
  readonly context: Context
  /** Whether the missing name of a topic may be new, because the command creates the topic. */
  readonly createsTopic: boolean
  readonly parse: Parse
  /** Selects the bus and the configuration by these flags. Called before the next two. */
  select(flags: BusFlags): void
  /** Connects to the bus. The command uses the same connection. */
  connect(): Promise<EventBus>
  /** Returns the settings in force. */
  config(): Promise<Config>
}

/** Returns the topics that a command line names, without patterns and partitions. */
export function topicsIn({ args, flags }: GivenValues): readonly string[] {
  const given = [args.topic, flags.topic].flat().filter((one) => typeof one === 'string')
  return given.map((one) => one.split(':')[0] ?? one).filter((one) => !isGlob(one))
}

/** Returns a definition of a command line in which nothing is required. */
export function withoutRequired<I extends { readonly args?: object | undefined; readonly flags?: object | undefined }>(
  input: I,
): I {
  const optional = (definitions: object = {}) =>
    Object.fromEntries(Object.entries(definitions).map(([name, one]) => [name, { ...one, required: false }]))
  return { ...input, args: optional(input.args), flags: optional(input.flags) }
}

/** Whether a command line has a value for each of these arguments or flags. */
export const hasPicked = ({ args, flags }: GivenValues, picked: readonly string[]): boolean =>
  picked.every((name) => (args[name] ?? flags[name]) !== undefined)

/** Whether a command line is valid and has the values of these arguments or flags, so that the pickers need not be loaded. */
export const isComplete = (parsing: Promise<GivenValues>, picked: readonly string[]): Promise<boolean> =>
  parsing.then(
    (given) => hasPicked(given, picked),
    () => false,
  )
