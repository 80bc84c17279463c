import { duration } from '../../bus/time/duration.ts'
import { momentsWithoutZone } from '../../bus/time/moment.ts'
import { type PositionHint, parsePoint, TIME_FORMS } from '../../operations/offsets/offset-grammar.ts'
import { UsageError } from '../errors.ts'
import { flag } from '../suggestions.ts'

/** Lists the values of a flag for its help: `text, json or nagios`. */
export const anyOf = (values: readonly string[]): string => `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`

/** Splits the value `NAME=VALUE` of the flag `name` at the index `at`, by default that of the first `=`. */
export function toPair(name: string, pair: string, example: string, at = pair.indexOf('=')): [string, string] {
  if (at < 1) throw new UsageError(`${name} ${pair} is not name=value`, [flag(`${name} ${example}`)])
  return [pair.slice(0, at), pair.slice(at + 1)]
}

/**
 * Parses `QUESTION=ANSWER` pairs about Rust source into a map by question. Splits at the last `=`, because a question such
 * as `target_os = "linux"` may contain one.
 */
export const toAnswers = (name: string, given: readonly string[] = [], example: string): Map<string, string> =>
  new Map(given.map((pair) => toPair(name, pair, example, pair.lastIndexOf('='))))

/** Parses a duration such as `10s` to milliseconds. `UsageError` with `example` if it is invalid or 0. */
export function toDuration(name: string, given: string | undefined, example = '10s'): number | undefined {
  if (given === undefined) return undefined
  const milliseconds = duration(given)
  if (!milliseconds) throw notADuration(name, given, example)
  return milliseconds
}

/** The longest delay of Node's timers, about 24 days. A longer timer would fire at once. */
export const MAX_DELAY_MS = 2 ** 31 - 1

/** Parses the duration of a timer to milliseconds. Unlike `toDuration`, it rejects more than `MAX_DELAY_MS`. */
export function toDelay(name: string, given: string | undefined, example = '10s'): number | undefined {
  const delay = toDuration(name, given, example)
  if (delay !== undefined && delay > MAX_DELAY_MS) {
    throw new UsageError(`${name} ${given} is too long: the longest is 24d`, [flag(`${name} ${example}`)])
  }
  return delay
}

const notADuration = (name: string, given: string, example: string): UsageError =>
  new UsageError(`${name} ${given} is not a duration`, [flag(`${name} ${example}`)])

/** Parses `--wait` to milliseconds; 0 if it is not given. Unlike other durations, it may be 0. */
export function toWait(given: string | undefined): number {
  if (given === undefined) return 0
  const wait = duration(given)
  if (wait === undefined) throw notADuration('--wait', given, '60s')
  return wait
}

/** Builds the usage error for an invalid position, with valid positions as suggestions. */
export function invalidPosition(
  name: string,
  { reason, hints }: { readonly reason: string; readonly hints: readonly PositionHint[] },
): UsageError {
  const quoted = (position: string) => (position.includes(' ') ? `"${position}"` : position)
  return new UsageError(
    `${name}: ${reason}`,
    hints.map(({ position }) => flag(`${name} ${quoted(position)}`)),
  )
}

/**
 * Parses `--since` to milliseconds since 1970: a duration before now such as `2h`, or a time. `undefined` if it is not given, and for
 * `start`.
 */
export function toSince(given: string | undefined, now: number): number | undefined {
  if (given === undefined) return undefined
  const ago = duration(given)
  if (ago !== undefined) return now - ago
  const point = parsePoint(given, now, TIME_FORMS)
  if (!point.ok) throw invalidPosition('--since', point)
  if (point.spec.kind === 'start') return undefined
  if (point.spec.kind === 'time') return Number(point.spec.time)
  throw new UsageError(`--since ${given} is not a time`, [flag('--since 2h'), flag('--since @2026-11-23T10:00:00Z')])
}

/** Builds the notice that times in a flag were read as UTC; `undefined` if every time in it has a time zone. */
export function utcNotice(name: string, text: string | undefined): string | undefined {
  const withoutZone = text === undefined ? [] : momentsWithoutZone(text)
  if (withoutZone.length === 0) return undefined
  const has = withoutZone.length === 1 ? 'has no time zone and is' : 'have no time zone and are'
  return `${name}: ${withoutZone.join(' and ')} ${has} read as UTC`
}

/** Parses a list of partitions such as `0,2`. */
export function toPartitions(name: string, given: string | undefined): number[] | undefined {
  if (given === undefined) return undefined
  if (!/^\d{1,9}(,\d{1,9})*$/.test(given)) {
    throw new UsageError(`${name} ${given} is an invalid partition list`, [flag(`${name} 0,2`)])
  }
  return given.split(',').map(Number)
}

/** Parses every `--topic TOPIC[:PARTITIONS]` with `parse`, which returns `undefined` for an invalid value. */
export const toTopicChoices = <Choice>(
  given: readonly string[],
  parse: (text: string) => Choice | undefined,
): readonly Choice[] =>
  given.map((text) => {
    const choice = parse(text)
    if (choice !== undefined) return choice
    throw new UsageError(`--topic ${text} is neither TOPIC nor TOPIC:PARTITIONS`, [flag('--topic order-events:0,1')])
  })

export interface ListenAddress {
  readonly host: string
  /** 0 selects a free port. */
  readonly port: number
}

/** Parses `PORT` or `HOST:PORT`. The default host is 127.0.0.1, so that only this machine can connect. */
export function parseListen(text: string): ListenAddress {
  const found = /^(?:(?:\[([^\]]+)\]|([^:[\]\s]+)):)?(\d{1,5})$/.exec(text)
  const port = Number(found?.[3])
  if (!found || port > 65_535) {
    throw new UsageError(`--listen ${text} is neither a port nor host:port`, [
      flag('--listen 9464'),
      flag('--listen 127.0.0.1:9464'),
    ])
  }
  return { host: found[1] ?? found[2] ?? '127.0.0.1', port }
}
