import { type Suggestion, shellWord } from './suggestions.ts'

/** The flags that choose a bus and an event store. */
export interface SelectingFlags {
  readonly profile?: string | undefined
  readonly brokers?: string | undefined
  readonly 'data-dir'?: string | undefined
  readonly tls?: boolean | undefined
  /** Connection settings as `name=value`, with the names of librdkafka. */
  readonly option?: readonly string[] | undefined
  /** The address of the event store. */
  readonly store?: string | undefined
}

/** The command lines that accept the flags of the bus, and those that accept the flags of the store. */
const BUS_COMMAND =
  /^crbus (acls|audit|check|cluster|config(?! allow)|copy|dlq|doctor|export|groups|import|index|lag|metrics(?! (alerts|dashboard))|probe|publish|replay|reset|sagas|schema check|tail|topics|topology(?! diff)|trace|ui)\b/
const STORE_COMMAND = /^crbus (audit|dlq|sagas|store|trace)\b/

/**
 * Adds the flags that selected the bus of this command to a command line of crbus, which would otherwise work on another bus.
 * Other command lines stay unchanged. The values of `-X` and `--store` may contain a password, so `…` stands for them.
 */
export function onSameBus(command: string, flags: SelectingFlags): string {
  const words = wordsFor(command, flags)
  if (words.length === 0 || command.endsWith(' --help')) return command
  const [own = '', ...piped] = command.split(' | ')
  return [[own, ...words].join(' '), ...piped].join(' | ')
}

function wordsFor(command: string, { profile, brokers, tls, option, store, ...others }: SelectingFlags): string[] {
  const folder = others['data-dir']
  const named = [
    ...(profile === undefined ? [] : [`--profile ${shellWord(profile)}`]),
    ...(folder === undefined ? [] : [`--data-dir ${shellWord(folder)}`]),
  ]
  const ofStore = STORE_COMMAND.test(command) && store !== undefined ? ['--store …'] : []
  if (!BUS_COMMAND.test(command)) return STORE_COMMAND.test(command) ? [...named, ...ofStore] : []
  return [
    ...named,
    ...(brokers === undefined ? [] : [`-b ${shellWord(brokers)}`]),
    ...(tls === undefined ? [] : [tls ? '--tls' : '--no-tls']),
    ...(option === undefined ? [] : ['-X …']),
    ...ofStore,
  ]
}

/** Returns the suggestion for the bus of this command: see {@link onSameBus}. */
export const suggestOnSameBus = (suggestion: Suggestion, flags: SelectingFlags): Suggestion =>
  'run' in suggestion ? { ...suggestion, run: onSameBus(suggestion.run, flags) } : suggestion
