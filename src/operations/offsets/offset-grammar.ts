import { EventBusError, topicNotFound } from '../../bus/errors.ts'
import { partitionName } from '../../bus/names/names.ts'
import { duration } from '../../bus/time/duration.ts'
import { leadingMoment, parseMoment } from '../../bus/time/moment.ts'
import { type LogSlice, type PartitionRange, stableEndOf, type TopicLog } from '../../bus/topic-log.ts'

/** One end of a range, before it is looked up on a topic. */
export type OffsetSpec =
  | { readonly kind: 'start' }
  | { readonly kind: 'end' }
  | { readonly kind: 'offset'; readonly offset: bigint }
  /** So many after each partition's start, or before its end. */
  | { readonly kind: 'fromStart' | 'beforeEnd'; readonly count: bigint }
  /** The first record at or after a time, in milliseconds. */
  | { readonly kind: 'time'; readonly time: bigint }

/** Why a text is no place, and texts that would be. */
interface BadPlace {
  readonly ok: false
  readonly reason: string
  readonly suggestions: readonly string[]
}

export type ParsedRange =
  | { readonly ok: true; readonly from: OffsetSpec | undefined; readonly to: OffsetSpec | undefined }
  | BadPlace

export type ParsedPoint = { readonly ok: true; readonly spec: OffsetSpec } | BadPlace

const DAY = 86_400_000
const words: ReadonlyMap<string, OffsetSpec> = new Map<string, OffsetSpec>([
  ...['start', 'oldest', 'earliest', 'beginning'].map((word) => [word, { kind: 'start' }] as const),
  ...['end', 'newest', 'latest'].map((word) => [word, { kind: 'end' }] as const),
])

/** Times, in words for who mistyped one. */
export const knownTimes = '@1662059631, @2026-11-23, @2026-11-23T10:00:00Z, @-1h, "10m ago", today, yesterday, now'
const known = `start, end, 47, +10 (after the start), -10 (before the end), ${knownTimes}`

const examples = ['start', '-10', '@-1h', '@2026-11-23T10:00:00Z', '10m ago']
const bad = (reason: string, suggestions: readonly string[] = examples): BadPlace => ({
  ok: false,
  reason,
  suggestions,
})

/**
 * What `--from` takes: a point, or a range `a:b` of which either side may be missing. rpk's grammar, with `10m ago`,
 * `today`, `yesterday` and `now`. `now` is the clock in milliseconds.
 */
export function parseRange(text: string, now: number): ParsedRange {
  const trimmed = text.trim()
  // rpk writes 10:20 as 10-20 too.
  const whole = /^\d{1,18}-\d{1,18}$/.test(trimmed) ? trimmed.replace('-', ':') : trimmed
  const at = separator(whole)
  if (at === -1) {
    const point = parsePoint(whole, now)
    return point.ok ? { ok: true, from: point.spec, to: undefined } : point
  }
  const [first, second] = [whole.slice(0, at).trim(), whole.slice(at + 1).trim()]
  const hasFrom = first !== '' && first !== '@'
  const hasTo = second !== '' && second !== '@'
  if (!hasFrom && !hasTo)
    return bad(`'${text}' names neither end of a range; known are ${known}`, ['10:20', ':47', '@-2h:-1h'])
  const from = hasFrom ? parsePoint(first, now) : undefined
  if (from && !from.ok) return from
  if (!hasTo) return { ok: true, from: from?.spec, to: undefined }
  const isTime = first === '@' || from?.spec.kind === 'time'
  const to = isTime ? parseSecondTime(second, first, now) : parsePoint(second, now)
  if (!to.ok) return to
  const begin = from?.spec ?? { kind: 'start' }
  if (isReversed(begin, to.spec)) return bad(`'${text}' ends before it begins`, [`${second}:${first}`])
  return { ok: true, from: begin, to: to.spec }
}

/** A single point: what `--to` takes. `places` are those told to who mistyped one. */
export function parsePoint(text: string, now: number, places = known): ParsedPoint {
  const point = text.trim()
  const isMarked = point.startsWith('@')
  const bare = isMarked ? point.slice(1) : point
  const word = words.get(bare)
  if (word) return { ok: true, spec: word }
  if (/^\d{1,18}$/.test(point)) return { ok: true, spec: { kind: 'offset', offset: BigInt(point) } }
  if (/^\+\d{1,18}$/.test(point)) return { ok: true, spec: { kind: 'fromStart', count: BigInt(point.slice(1)) } }
  if (/^-\d{1,18}$/.test(point)) return { ok: true, spec: { kind: 'beforeEnd', count: BigInt(point.slice(1)) } }
  const time = parseTime(bare, now, isMarked)
  return time === undefined ? explain(point, bare, places) : toTime(time.at)
}

/** Says what is wrong with a text that is almost a place. */
function explain(point: string, bare: string, places: string): BadPlace {
  const length = bare.replace(/^[+-]/, '').replace(/\s+ago$/, '')
  if (/^\d*\.\d+(ms|s|m|h|d|w)/.test(length)) {
    return bad(`'${point}': durations take whole numbers`, ['@-1h30m', '@-90m'])
  }
  if (duration(length) !== undefined) {
    const ago = `@-${length}`
    return bad(`'${point}' does not say before what; ${ago} is so long before now`, [ago])
  }
  if (/^\d{4}-\d\d-\d\d/.test(bare)) {
    const parsed = parseMoment(bare)
    const why = parsed.ok ? '' : `: ${parsed.reason}`
    return bad(`'${point}' is not a date${why}`, ['@2026-11-23', '@2026-11-23T10:00:00Z'])
  }
  if (point.startsWith('@') && /^\d+$/.test(bare)) {
    const reason = `'${point}' has ${bare.length} digits; a time has 10 (seconds), 13 (milliseconds), 16 (microseconds) or 19 (nanoseconds)`
    return bad(reason, ['@1662059631', bare])
  }
  return bad(`'${point}' is not a place in a topic; known are ${places}`)
}

/** The colon of a range; those inside a time of day do not count. */
function separator(text: string): number {
  const stamp = leadingMoment.exec(text)
  return text.indexOf(':', stamp ? stamp[0].length : 0)
}

/**
 * The second half of `@a:b`, written without a sign of its own. `@-48h:-24h`: both before now; `@2022-02-14:1h`: from
 * the first on, when that one is a date.
 */
function parseSecondTime(text: string, firstText: string, now: number): ParsedPoint {
  if (/^[+-]\d{1,18}$/.test(text)) return parsePoint(text, now)
  const length = duration(text.replace(/^[+-]/, ''))
  if (length === undefined) return parsePoint(text.startsWith('@') ? text : `@${text}`, now)
  const first = parseTime(firstText.replace(/^@/, ''), now, firstText.startsWith('@'))
  const base = first?.isAbsolute ? first.at : now
  return toTime(text.startsWith('-') ? base - length : base + length)
}

/** Kafka takes -1 and -2 for end and start, so no time comes before 1970; nor after what a `Date` can be. */
const toTime = (time: number): ParsedPoint => ({
  ok: true,
  spec: { kind: 'time', time: BigInt(Math.floor(Math.min(Math.max(time, 0), 8.64e15))) },
})

interface ParsedTime {
  /** Milliseconds since 1970. */
  readonly at: number
  /** A date rather than so long before now. */
  readonly isAbsolute: boolean
}

function parseTime(text: string, now: number, isMarked: boolean): ParsedTime | undefined {
  const midnight = now - (now % DAY)
  if (text === 'now') return { at: now, isAbsolute: false }
  if (text === 'today') return { at: midnight, isAbsolute: true }
  if (text === 'yesterday') return { at: midnight - DAY, isAbsolute: true }
  const ago = /^(.+)\sago$/.exec(text)?.[1] ?? (isMarked ? /^-(.+)$/.exec(text)?.[1] : undefined)
  const length = ago === undefined ? undefined : duration(ago.replaceAll(' ', ''))
  if (length !== undefined) return { at: now - length, isAbsolute: false }
  const epoch = isMarked ? parseEpoch(text) : undefined
  if (epoch !== undefined) return { at: epoch, isAbsolute: true }
  const moment = parseMoment(text)
  return moment.ok ? { at: moment.time, isAbsolute: true } : undefined
}

function parseEpoch(text: string): number | undefined {
  if (/^\d{10}$/.test(text)) return Number(text) * 1000
  if (/^\d{13}$/.test(text)) return Number(text)
  if (/^\d{16}$/.test(text)) return Number(BigInt(text) / 1000n)
  return /^\d{19}$/.test(text) ? Number(BigInt(text) / 1_000_000n) : undefined
}

/** Whether a range ends before it begins on every partition, whatever is in it. */
export function isReversed(from: OffsetSpec, to: OffsetSpec): boolean {
  if (from.kind === 'offset' && to.kind === 'offset') return from.offset > to.offset
  if (from.kind === 'time' && to.kind === 'time') return from.time > to.time
  if (from.kind === 'fromStart' && to.kind === 'fromStart') return from.count > to.count
  if (from.kind === 'beforeEnd' && to.kind === 'beforeEnd') return from.count < to.count
  return from.kind === 'end' && to.kind === 'start'
}

export interface SliceRequest {
  readonly topics: readonly string[]
  /** Default: all of each topic. */
  readonly partitions?: readonly number[] | undefined
  readonly from: OffsetSpec
  readonly to: OffsetSpec
}

/** A slice with an end, and the end of its partition for a reader of committed records. */
export interface ResolvedSlice extends LogSlice {
  readonly to: bigint
  readonly end: bigint
}

export interface ResolvedSlices {
  readonly slices: readonly ResolvedSlice[]
  /** What was asked for and is not there, a sentence each. */
  readonly notes: readonly string[]
}

/**
 * Looks a range up on every partition, for a reader of committed records: the end is the last stable offset, so that the
 * reader does not wait for open transactions. A range may begin behind it, at an offset or a time that was named. Offsets
 * outside a partition are clamped to it, and `notes` says which, and where an open transaction ends a slice; a time past
 * the last record is the end. A slice that would end before it begins is empty.
 */
export async function resolveSlices(log: TopicLog, request: SliceRequest): Promise<ResolvedSlices> {
  const perTopic = await Promise.all([...new Set(request.topics)].map((topic) => resolveTopic(log, topic, request)))
  return { slices: perTopic.flatMap(({ slices }) => slices), notes: perTopic.flatMap(({ notes }) => notes) }
}

async function resolveTopic(
  log: TopicLog,
  topic: string,
  { partitions, from, to }: SliceRequest,
): Promise<ResolvedSlices> {
  const lookUp = (spec: OffsetSpec) => (spec.kind === 'time' ? log.offsetsAt(topic, spec.time) : undefined)
  const [ranges, fromTimes, toTimes] = await Promise.all([log.ranges(topic), lookUp(from), lookUp(to)])
  if (ranges.length === 0) throw topicNotFound(topic)
  const missing = partitions?.find((wanted) => !ranges.some(({ partition }) => partition === wanted))
  if (missing !== undefined) {
    throw new EventBusError('REFUSED', `topic '${topic}' has no partition ${missing}; it has ${ranges.length}`, {
      topic,
      suggestions: [`crbus topics describe ${topic}`],
    })
  }
  const notes: string[] = []
  const slices = ranges
    .filter(({ partition }) => partitions === undefined || partitions.includes(partition))
    .map(({ partition, start, end, ...stable }) => {
      const lastStable = stableEndOf({ end, ...stable })
      const place = (spec: OffsetSpec, times: ReadonlyMap<number, bigint> | undefined, limit: bigint): bigint => {
        const wanted = offsetOf(spec, { start, end: lastStable }, times?.get(partition))
        const clamped = wanted < start ? start : wanted > limit ? limit : wanted
        // In an empty partition every offset is as good as another.
        if (spec.kind === 'offset' && clamped !== wanted && start < end) {
          const held = clamped === lastStable && lastStable < end ? ', the rest behind an open transaction' : ''
          notes.push(
            `${partitionName({ topic, partition })} holds ${start} to ${end}${held}: ${wanted} became ${clamped}`,
          )
        }
        return clamped
      }
      const first = place(from, fromTimes, end)
      const last = place(to, toTimes, lastStable)
      // An offset after the start of the transaction was noted above.
      if (to.kind !== 'offset' && lastStable < end && last === lastStable) {
        const held = end - lastStable
        notes.push(
          `a transaction is open in ${partitionName({ topic, partition })} at offset ${lastStable}: the ${held} offset${held === 1n ? '' : 's'} from there on can be read when it has ended`,
        )
      }
      return { topic, partition, from: first, to: last < first ? first : last, end: lastStable }
    })
  return { slices, notes }
}

/** The offset a spec names in a partition, which may lie outside of it. No offset for a time is the end. */
export function offsetOf(
  spec: OffsetSpec,
  { start, end }: Pick<PartitionRange, 'start' | 'end'>,
  atTime: bigint | undefined,
): bigint {
  switch (spec.kind) {
    case 'start':
      return start
    case 'end':
      return end
    case 'offset':
      return spec.offset
    case 'fromStart':
      return start + spec.count
    case 'beforeEnd':
      return end - spec.count
    case 'time':
      return atTime ?? end
  }
}
