import { duration } from '../../bus/time/duration.ts'
import { leadingMoment, parseMoment } from '../../bus/time/moment.ts'
import { type OperationHint, operationHints } from '../hints.ts'

/** A position in a topic, as the user names it. Resolving it gives an offset in each partition. */
export type OffsetSpec =
  | { readonly kind: 'start' }
  | { readonly kind: 'end' }
  | { readonly kind: 'offset'; readonly offset: bigint }
  /** `count` offsets after the start or before the end of each partition. */
  | { readonly kind: 'fromStart' | 'beforeEnd'; readonly count: bigint }
  /** The first record at or after a time, in milliseconds since 1970. */
  | { readonly kind: 'time'; readonly time: bigint }

/** A hint that names a valid position. */
export type PositionHint = Extract<OperationHint, { readonly code: 'give-position' }>

/** Why a text is not a valid position, with valid positions as hints. */
interface InvalidPosition {
  readonly ok: false
  readonly reason: string
  readonly hints: readonly PositionHint[]
}

/** A parsed range. An absent `to` means that the text names only its beginning. */
export type ParsedRange =
  | { readonly ok: true; readonly from: OffsetSpec | undefined; readonly to: OffsetSpec | undefined }
  | InvalidPosition

export type ParsedPoint = { readonly ok: true; readonly spec: OffsetSpec } | InvalidPosition

const DAY_MS = 86_400_000
const keywords: ReadonlyMap<string, OffsetSpec> = new Map<string, OffsetSpec>([
  ...['start', 'oldest', 'earliest', 'beginning'].map((word) => [word, { kind: 'start' }] as const),
  ...['end', 'newest', 'latest'].map((word) => [word, { kind: 'end' }] as const),
])

/** The valid forms of a time, for error messages. */
export const TIME_FORMS = '@1662059631, @2026-11-23, @2026-11-23T10:00:00Z, @-1h, "10m ago", today, yesterday, now'
const POSITION_FORMS = `start, end, 47, +10 (after the start), -10 (before the end), ${TIME_FORMS}`

const examples = ['start', '-10', '@-1h', '@2026-11-23T10:00:00Z', '10m ago']
/** The result for an invalid text. `positions` are valid ones to suggest. */
const invalid = (reason: string, positions: readonly string[] = examples): InvalidPosition => ({
  ok: false,
  reason,
  hints: positions.map(operationHints.givePosition),
})

/**
 * Parses a position, which is the beginning of a range, or a whole range `a:b`, of which one side may be missing. The grammar is
 * that of rpk, with `10m ago`, `today`, `yesterday` and `now` added. `now` is the current time in milliseconds since 1970.
 */
export function parseRange(text: string, now: number): ParsedRange {
  const trimmed = text.trim()
  // rpk also writes 10:20 as 10-20.
  const whole = /^\d{1,18}-\d{1,18}$/.test(trimmed) ? trimmed.replace('-', ':') : trimmed
  const separator = separatorIndex(whole)
  if (separator === -1) {
    const point = parsePoint(whole, now)
    return point.ok ? { ok: true, from: point.spec, to: undefined } : point
  }
  const [first, second] = [whole.slice(0, separator).trim(), whole.slice(separator + 1).trim()]
  const hasFrom = first !== '' && first !== '@'
  const hasTo = second !== '' && second !== '@'
  if (!hasFrom && !hasTo) {
    return invalid(`range '${text}' has neither a start nor an end; use ${POSITION_FORMS}`, [
      '10:20',
      ':47',
      '@-2h:-1h',
    ])
  }
  const from = hasFrom ? parsePoint(first, now) : undefined
  if (from && !from.ok) return from
  if (!hasTo) return { ok: true, from: from?.spec, to: undefined }
  // In `@a:b`, the `@` applies to both sides.
  const isTime = first === '@' || from?.spec.kind === 'time'
  const to = isTime ? parseSecondTime(second, first, now) : parsePoint(second, now)
  if (!to.ok) return to
  const begin = from?.spec ?? { kind: 'start' }
  if (isReversed(begin, to.spec)) return invalid(`range '${text}' ends before it begins`, [`${second}:${first}`])
  return { ok: true, from: begin, to: to.spec }
}

/** Parses a single position. The error message lists `forms` as the valid ones. */
export function parsePoint(text: string, now: number, forms = POSITION_FORMS): ParsedPoint {
  const point = text.trim()
  // The `@` marks a time. Without it, digits are an offset and `-10` counts from the end.
  const isMarked = point.startsWith('@')
  const bare = isMarked ? point.slice(1) : point
  const keyword = keywords.get(bare)
  if (keyword) return { ok: true, spec: keyword }
  if (/^\d{1,18}$/.test(point)) return { ok: true, spec: { kind: 'offset', offset: BigInt(point) } }
  if (/^\+\d{1,18}$/.test(point)) return { ok: true, spec: { kind: 'fromStart', count: BigInt(point.slice(1)) } }
  if (/^-\d{1,18}$/.test(point)) return { ok: true, spec: { kind: 'beforeEnd', count: BigInt(point.slice(1)) } }
  const time = parseTime(bare, now, isMarked)
  return time === undefined ? explain(point, bare, forms) : toTime(time.at)
}

/** Explains why a text is not a valid position, and suggests the likely correction. */
function explain(point: string, bare: string, forms: string): InvalidPosition {
  const span = bare.replace(/^[+-]/, '').replace(/\s+ago$/, '')
  if (/^\d*\.\d+(ms|s|m|h|d|w)/.test(span)) {
    return invalid(`'${point}' has a fraction; durations take whole numbers`, ['@-1h30m', '@-90m'])
  }
  if (duration(span) !== undefined) {
    const ago = `@-${span}`
    return invalid(`'${point}' is a duration, not a position; ${ago} is ${span} before now`, [ago])
  }
  if (/^\d{4}-\d\d-\d\d/.test(bare)) {
    const parsed = parseMoment(bare)
    const why = parsed.ok ? '' : `: ${parsed.reason}`
    return invalid(`'${point}' is not a date${why}`, ['@2026-11-23', '@2026-11-23T10:00:00Z'])
  }
  if (point.startsWith('@') && /^\d+$/.test(bare)) {
    const reason = `'${point}' has ${bare.length} digits; a time has 10 (seconds), 13 (milliseconds), 16 (microseconds) or 19 (nanoseconds)`
    return invalid(reason, ['@1662059631', bare])
  }
  return invalid(`'${point}' is not a valid position; use ${forms}`)
}

/** Returns the index of the colon that separates the sides of a range, or -1. Skips the colons in a time of day. */
function separatorIndex(text: string): number {
  const date = leadingMoment.exec(text)
  return text.indexOf(':', date ? date[0].length : 0)
}

/**
 * Parses the end of `@a:b`, which needs no `@` of its own. A duration counts from the start if the start is a date (the end of
 * `@2022-02-14:1h` is one hour later), else from now (both sides of `@-48h:-24h` are before now).
 */
function parseSecondTime(text: string, firstText: string, now: number): ParsedPoint {
  if (/^[+-]\d{1,18}$/.test(text)) return parsePoint(text, now)
  const length = duration(text.replace(/^[+-]/, ''))
  if (length === undefined) return parsePoint(text.startsWith('@') ? text : `@${text}`, now)
  const first = parseTime(firstText.replace(/^@/, ''), now, firstText.startsWith('@'))
  const base = first?.isAbsolute ? first.at : now
  return toTime(text.startsWith('-') ? base - length : base + length)
}

/**
 * Limits a time to 1970 or later, because Kafka reads the times -1 and -2 as end and start, and to the largest `Date` or earlier.
 */
const toTime = (time: number): ParsedPoint => ({
  ok: true,
  spec: { kind: 'time', time: BigInt(Math.floor(Math.min(Math.max(time, 0), 8.64e15))) },
})

interface ParsedTime {
  /** Milliseconds since 1970. */
  readonly at: number
  /** Whether the text names a date, and not a duration before now. */
  readonly isAbsolute: boolean
}

/** Parses a time without its `@`. Durations with a minus and Unix times are only valid after an `@` (`isMarked`). */
function parseTime(text: string, now: number, isMarked: boolean): ParsedTime | undefined {
  const midnight = now - (now % DAY_MS)
  if (text === 'now') return { at: now, isAbsolute: false }
  if (text === 'today') return { at: midnight, isAbsolute: true }
  if (text === 'yesterday') return { at: midnight - DAY_MS, isAbsolute: true }
  const ago = /^(.+)\sago$/.exec(text)?.[1] ?? (isMarked ? /^-(.+)$/.exec(text)?.[1] : undefined)
  const length = ago === undefined ? undefined : duration(ago.replaceAll(' ', ''))
  if (length !== undefined) return { at: now - length, isAbsolute: false }
  const epoch = isMarked ? parseEpoch(text) : undefined
  if (epoch !== undefined) return { at: epoch, isAbsolute: true }
  const moment = parseMoment(text)
  return moment.ok ? { at: moment.time, isAbsolute: true } : undefined
}

/**
 * Parses a Unix time and returns milliseconds. The number of digits tells seconds, milliseconds, microseconds and nanoseconds
 * apart.
 */
function parseEpoch(text: string): number | undefined {
  if (/^\d{10}$/.test(text)) return Number(text) * 1000
  if (/^\d{13}$/.test(text)) return Number(text)
  if (/^\d{16}$/.test(text)) return Number(BigInt(text) / 1000n)
  return /^\d{19}$/.test(text) ? Number(BigInt(text) / 1_000_000n) : undefined
}

/** Whether a range ends before it begins on every partition, whatever offsets the partition holds. */
export function isReversed(from: OffsetSpec, to: OffsetSpec): boolean {
  if (from.kind === 'offset' && to.kind === 'offset') return from.offset > to.offset
  if (from.kind === 'time' && to.kind === 'time') return from.time > to.time
  if (from.kind === 'fromStart' && to.kind === 'fromStart') return from.count > to.count
  if (from.kind === 'beforeEnd' && to.kind === 'beforeEnd') return from.count < to.count
  return from.kind === 'end' && to.kind === 'start'
}
