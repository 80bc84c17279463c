import { Flags } from '@oclif/core'
import { duration } from '../../bus/time/duration.ts'
import { momentsWithoutZone } from '../../bus/time/moment.ts'
import { UsageError } from '../errors.ts'

/** Flags every command that reaches a bus has. */
export const busFlags = {
  profile: Flags.string({
    description: 'profile of crbus.json to use (env CRBUS_PROFILE); see "crbus config"',
    helpGroup: 'BUS',
    helpValue: 'name',
  }),
  brokers: Flags.string({
    char: 'b',
    description:
      "Kafka or Redpanda to use, host:port,… (env CRBUS_BROKERS, then REDPANDA_BROKERS); without one, the profile's, else a local file",
    helpGroup: 'BUS',
    helpValue: 'host:port',
  }),
  'data-dir': Flags.string({
    description: 'folder of the embedded bus (env CRBUS_DATA_DIR)',
    helpGroup: 'BUS',
    helpValue: 'dir',
    exclusive: ['brokers'],
  }),
}

/** Flags of commands that read records from a bus. */
export const readFlags = {
  ...busFlags,
  'max-batch-bytes': Flags.integer({
    description:
      'largest record batch to read from brokers, in bytes once decompressed (default: 134217728); reading takes up to twice as much memory',
    min: 1,
    helpGroup: 'BUS',
    helpValue: 'bytes',
  }),
}

/** Flags every command that reaches an event store has. */
export const storeFlags = {
  profile: { ...busFlags.profile, helpGroup: 'STORE' },
  store: Flags.string({
    description:
      "event store to use, postgres://… or the path of a file (env CRBUS_STORE, then DATABASE_URL); without one, the profile's, else store.db beside the embedded bus",
    helpGroup: 'STORE',
    helpValue: 'location',
  }),
  'data-dir': Flags.string({
    description: 'folder of the embedded bus (env CRBUS_DATA_DIR)',
    helpGroup: 'STORE',
    helpValue: 'dir',
    exclusive: ['store'],
  }),
}

/** Flags of commands that change something. */
export const changeFlags = {
  'dry-run': Flags.boolean({ description: 'show what would be done and stop' }),
  yes: Flags.boolean({ char: 'y', description: 'do not ask, unless the profile is protected' }),
  confirm: Flags.string({
    description: 'what is changed, by its name: the agreement that a protected profile needs',
    helpValue: 'name',
  }),
}

/** Flag of commands that save an undo file, or take one. */
export const undoFlags = {
  'undo-dir': Flags.string({
    description: 'folder of undo files; default: crbus/undo in $XDG_STATE_HOME, else in ~/.local/state',
    helpValue: 'dir',
    parse: parseName,
  }),
}

/** Where the Rust types of payloads are read from; see `openSchemas`. */
export const schemaFlag = Flags.string({
  parse: parseName,
  description: 'schema file or folder (env CRBUS_SCHEMAS, then crbus.json); default: the folder schemas here or above',
  helpValue: 'path',
})

/** What a flag is given as name=value, parted at the first `=`. */
export function toPair(flag: string, pair: string, example: string, at = pair.indexOf('=')): [string, string] {
  if (at < 1) throw new UsageError(`${flag} ${pair} is not name=value`, [`${flag} ${example}`])
  return [pair.slice(0, at), pair.slice(at + 1)]
}

/** Answers about Rust source, by what they are about. That may hold a `=` too, as `target_os = "linux"`: the last one parts. */
export const toAnswers = (flag: string, given: readonly string[] = [], example: string): Map<string, string> =>
  new Map(given.map((pair) => toPair(flag, pair, example, pair.lastIndexOf('='))))

/** Refuses an empty value: a variable of a script that is not set. */
export async function parseName(text: string): Promise<string> {
  if (text.trim() === '') throw new UsageError('it is empty')
  return text
}

/** Which groups, and which topics of theirs, a command is about. */
export const groupFlag = Flags.string({
  char: 'g',
  parse: parseName,
  description: 'only these groups, * and ? allowed',
  multiple: true,
  multipleNonGreedy: true,
  helpValue: 'name',
})
export const topicFlag = Flags.string({
  char: 't',
  parse: parseName,
  description: 'only these topics, * and ? allowed',
  multiple: true,
  multipleNonGreedy: true,
  helpValue: 'name',
})

/** A time such as `10s` in milliseconds; more than none. */
export function toDuration(flag: string, given: string | undefined, example = '10s'): number | undefined {
  const length = given === undefined ? undefined : duration(given)
  if (given !== undefined && !length) throw notATime(flag, given, example)
  return length
}

/** What Node's timers hold, 24 days; a longer one would end at once. */
export const MAX_PAUSE_MS = 2 ** 31 - 1

/** The same of a time that the command waits for: at most as long as a timer can be. */
export function toPause(flag: string, given: string | undefined, example = '10s'): number | undefined {
  const pause = toDuration(flag, given, example)
  if (pause !== undefined && pause > MAX_PAUSE_MS) {
    throw new UsageError(`${flag} ${given} is too long: 24d at most`, [`${flag} ${example}`])
  }
  return pause
}

const notATime = (flag: string, given: string, example: string): UsageError =>
  new UsageError(`${flag} ${given} is not a time`, [`${flag} ${example}`])

/** What is wrong with a place in a topic that a flag was given, and places that are none the worse. */
export function noPlace(
  flag: string,
  { reason, suggestions }: { readonly reason: string; readonly suggestions: readonly string[] },
): UsageError {
  const quoted = (place: string) => (place.includes(' ') ? `"${place}"` : place)
  return new UsageError(
    `${flag}: ${reason}`,
    suggestions.map((place) => `${flag} ${quoted(place)}`),
  )
}

/** The notice that a time in a flag was read as UTC; `undefined` when every time in it says its zone. */
export function readAsUtc(flag: string, text: string | undefined): string | undefined {
  const open = text === undefined ? [] : momentsWithoutZone(text)
  if (open.length === 0) return undefined
  return `${flag}: ${open.join(' and ')} ${open.length === 1 ? 'names no time zone and is' : 'name no time zone and are'} read as UTC`
}

/** Flag of commands that need a group without members. */
export const waitFlag = Flags.string({
  description: 'wait so long for the group to have no members; default: not at all',
  helpValue: '60s',
})

/** Milliseconds of a `--wait`, which may be none. */
export function toPatience(text: string | undefined): number {
  if (text === undefined) return 0
  const patience = duration(text)
  if (patience === undefined) throw notATime('--wait', text, '60s')
  return patience
}

export interface ListenAddress {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
}

/** `PORT` or `HOST:PORT`; without a host, nobody but this machine is served. */
export function parseListen(text: string): ListenAddress {
  const found = /^(?:(?:\[([^\]]+)\]|([^:[\]\s]+)):)?(\d{1,5})$/.exec(text)
  const port = Number(found?.[3])
  if (!found || port > 65_535) {
    throw new UsageError(`--listen ${text} is neither a port nor host:port`, [
      '--listen 9464',
      '--listen 127.0.0.1:9464',
    ])
  }
  return { host: found[1] ?? found[2] ?? '127.0.0.1', port }
}
