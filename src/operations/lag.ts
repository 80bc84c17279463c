import { setTimeout as sleep } from 'node:timers/promises'
import type { GroupDescription, GroupState, TopicPartition } from '../bus/admin.ts'
import { EventBusError } from '../bus/errors.ts'
import type { EventBus } from '../bus/event-bus.ts'
import type { BusRecord } from '../bus/record.ts'
import type { PartitionRange } from '../bus/topic-log.ts'
import { globToRegExp } from './event-filter.ts'
import { judgeLag, type LagLook, type LagVerdict, verdictRank, worstVerdict } from './lag-verdict.ts'

export interface LagRequest {
  /** Names, `*` and `?` allowed; a name without them must exist. Absent or empty: all groups of subscribers. */
  readonly groups?: readonly string[] | undefined
  /** Names, `*` and `?` allowed. Absent or empty: every topic a group committed on or reads. */
  readonly topics?: readonly string[] | undefined
  /** Milliseconds between two looks. Absent: one look. */
  readonly sample?: number | undefined
  /** The clock that ages are relative to, in milliseconds. */
  readonly now: () => number
  readonly signal: AbortSignal
}

/** How fast it goes, by two looks. */
interface LagRates {
  /** Events a second that were published, and that were committed. */
  readonly in: number
  readonly out: number
  /** Milliseconds until nothing waits, at this pace; absent when that is never. */
  readonly catchUp: number | undefined
}

/** What a partition, a topic and a group have in common. */
export interface LagSummary {
  /** Events between the committed offset and the end; absent where nothing is committed or the log is gone. */
  readonly lag: bigint | undefined
  /** Milliseconds since the first waiting event was written, by the record's own timestamp. */
  readonly age: number | undefined
  /** Absent without a sample. */
  readonly rates: LagRates | undefined
  /** Absent where one look cannot tell. */
  readonly verdict: LagVerdict | undefined
}

export interface PartitionLag extends LagSummary, LagLook {
  readonly partition: number
  /** Who reads it. */
  readonly member: string | undefined
  readonly client: string | undefined
  readonly host: string | undefined
}

export interface TopicLag extends LagSummary {
  readonly topic: string
  readonly partitions: readonly PartitionLag[]
}

export interface GroupLag extends LagSummary {
  readonly group: string
  readonly state: GroupState
  readonly members: number
  /** Worst first. */
  readonly topics: readonly TopicLag[]
}

export interface LagReport {
  /** Milliseconds between the two looks that there were. */
  readonly sample: number | undefined
  /** Worst first. */
  readonly groups: readonly GroupLag[]
}

/**
 * How far groups are behind, in events and in time, and what is the matter with them. Reads only and joins nothing.
 * The requests it makes grow with brokers and groups, not with topics or partitions.
 */
export async function measureLag(bus: EventBus, request: LagRequest): Promise<LagReport> {
  const groups = await chooseGroups(bus, request)
  const before = request.sample === undefined ? undefined : await lookAtGroups(bus, groups, request)
  if (request.sample !== undefined) await pause(request.sample, request.signal)
  return reportLag(bus, await lookAtGroups(bus, groups, request), before, request.now())
}

/** What a look tells; with one before it, how it goes, too. */
export async function reportLag(
  bus: EventBus,
  look: LagLooks,
  before: LagLooks | undefined,
  now: number,
): Promise<LagReport> {
  const waiting = await firstWaiting(bus, look.groups)
  const elapsed = before === undefined ? undefined : look.taken - before.taken
  const looksBefore = new Map(before?.groups.map(({ description, places }) => [description.group, places]))
  const judged = look.groups.map(({ description, places }): GroupLag => {
    const earlier = new Map(looksBefore.get(description.group)?.map((place) => [keyOf(place), place]))
    const partitions = places.map((place) => {
      const record = waiting.get(positionKey(place, firstOffset(place)))
      return judgePlace(place, description, { before: earlier.get(keyOf(place)), elapsed, record, now })
    })
    return summarizeGroup(description, places, partitions)
  })
  return { sample: elapsed === undefined ? undefined : Math.round(elapsed), groups: judged.sort(worstFirst('group')) }
}

/** Groups that commit offsets: those of subscribers, and those that nobody joins. */
const isOfSubscribers = ({ protocolType }: { readonly protocolType: string }): boolean =>
  protocolType === 'consumer' || protocolType === ''

export async function chooseGroups(
  bus: EventBus,
  { groups: wanted = [] }: Pick<LagRequest, 'groups'>,
): Promise<readonly string[]> {
  const known = (await bus.admin.listGroups()).filter(isOfSubscribers).map(({ group }) => group)
  if (wanted.length === 0) return known
  const missing = wanted.find((name) => !/[*?]/.test(name) && !known.includes(name))
  if (missing !== undefined) {
    throw new EventBusError('GROUP_NOT_FOUND', `group '${missing}' does not exist`, {
      group: missing,
      suggestions: ['crbus lag', `crbus lag --group '*${missing}*'`],
    })
  }
  const matches = matcher(wanted)
  return known.filter(matches)
}

const matcher = (globs: readonly string[] = []): ((name: string) => boolean) => {
  const patterns = globs.map(globToRegExp)
  return (name) => patterns.length === 0 || patterns.some((pattern) => pattern.test(name))
}

interface Place extends TopicPartition, LagLook {}

interface GroupLook {
  readonly description: GroupDescription
  readonly places: readonly Place[]
}

/** What was there at one moment, before anything is concluded from it. */
export interface LagLooks {
  /** Milliseconds of a clock that never goes back. */
  readonly taken: number
  readonly groups: readonly GroupLook[]
}

const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`
const positionKey = (place: TopicPartition, offset: bigint): string => `${keyOf(place)}/${offset}`

/** Offsets first, then the ends: a group that goes on in between must not look as if it were beyond the log. */
export async function lookAtGroups(
  bus: EventBus,
  groups: readonly string[],
  { topics }: Pick<LagRequest, 'topics'>,
): Promise<LagLooks> {
  const [committed, descriptions] = await Promise.all([
    bus.admin.committedOffsetsOf(groups),
    bus.admin.describeGroups(groups),
  ])
  const isWanted = matcher(topics)
  const used = descriptions.map(({ members }, at) => {
    const own = [...(committed[at] ?? []), ...members.flatMap(({ assignment }) => assignment)]
    return own.filter(({ topic }) => isWanted(topic))
  })
  const ranges = await bus.log.rangesOf([...new Set(used.flat().map(({ topic }) => topic))])
  const looks = descriptions.map((description, at) => {
    const offsets = new Map((committed[at] ?? []).map((position) => [keyOf(position), position.offset]))
    return { description, places: placesOf(used[at] ?? [], offsets, ranges) }
  })
  return { taken: performance.now(), groups: looks }
}

/** Every partition of the topics a group uses: one that was added and that nobody reads is one that matters. */
function placesOf(
  used: readonly TopicPartition[],
  offsets: ReadonlyMap<string, bigint>,
  ranges: ReadonlyMap<string, readonly PartitionRange[]>,
): Place[] {
  return [...Map.groupBy(used, ({ topic }) => topic)].flatMap(([topic, own]) => {
    const known = ranges.get(topic) ?? []
    const byNumber = new Map<number, PartitionRange | undefined>(own.map(({ partition }) => [partition, undefined]))
    for (const range of known) byNumber.set(range.partition, range)
    return [...byNumber]
      .sort(([a], [b]) => a - b)
      .map(([partition, range]) => {
        const committed = offsets.get(keyOf({ topic, partition }))
        return { topic, partition, committed, start: range?.start, end: range?.end }
      })
  })
}

/** Where the first waiting event is to be looked for. */
const firstOffset = ({ committed = 0n, start = 0n }: LagLook): bigint => (committed < start ? start : committed)

const isBehind = ({ committed, end }: LagLook): boolean =>
  committed !== undefined && end !== undefined && committed < end

/** The first waiting record of every place that is behind; groups at the same offset share one. */
async function firstWaiting(bus: EventBus, looks: readonly GroupLook[]): Promise<ReadonlyMap<string, BusRecord>> {
  const behind = looks.flatMap(({ places }) => places.filter(isBehind))
  const slices = new Map(
    behind.map((place) => {
      const { topic, partition, end } = place
      const from = firstOffset(place)
      return [positionKey(place, from), { topic, partition, from, to: end }]
    }),
  )
  const records = await bus.log.firstRecords([...slices.values()])
  const keys = [...slices.keys()]
  return new Map(records.flatMap((record, at) => (record === undefined ? [] : [[keys[at] ?? '', record] as const])))
}

interface Surroundings {
  readonly before: LagLook | undefined
  readonly elapsed: number | undefined
  readonly record: BusRecord | undefined
  readonly now: number
}

function judgePlace(place: Place, description: GroupDescription, { before, elapsed, record, now }: Surroundings) {
  const { partition, committed, start, end } = place
  const owner = description.members.find(({ assignment }) =>
    assignment.some((own) => own.topic === place.topic && own.partition === partition),
  )
  const age = record === undefined || record.timestamp < 0n ? undefined : Math.max(0, now - Number(record.timestamp))
  const verdict = judgeLag({
    look: place,
    before,
    elapsed,
    hasReader: owner === undefined ? (isSettled(description.state) ? false : undefined) : true,
    hasWaiting: record !== undefined,
    age,
  })
  const lag = committed === undefined || end === undefined ? undefined : end - committed
  return {
    partition,
    committed,
    start,
    end,
    lag: lag !== undefined && lag < 0n ? 0n : lag,
    age,
    rates: before === undefined || elapsed === undefined ? undefined : ratesOf(before, place, elapsed),
    verdict,
    member: owner?.memberId,
    client: owner?.clientId,
    host: owner?.host,
  } satisfies PartitionLag
}

/** Whether a partition without an owner has none for good. */
const isSettled = (state: GroupState): boolean => state === 'Empty' || state === 'Dead' || state === 'Stable'

function ratesOf(before: LagLook, after: LagLook, elapsed: number): LagRates {
  const perSecond = (from: bigint | undefined, to: bigint | undefined) =>
    from === undefined || to === undefined ? 0 : (Number(to - from) * 1000) / elapsed
  const [incoming, out] = [perSecond(before.end, after.end), perSecond(before.committed, after.committed)]
  const lag = isBehind(after) ? Number((after.end ?? 0n) - (after.committed ?? 0n)) : 0
  return { in: incoming, out, catchUp: catchUpOf(lag, incoming, out) }
}

const catchUpOf = (lag: number, incoming: number, out: number): number | undefined => {
  if (lag === 0) return 0
  return out > incoming ? Math.round((lag * 1000) / (out - incoming)) : undefined
}

/** What parts come to: their lags together, the oldest age, the slowest to catch up, the worst verdict. */
function summarize(parts: readonly LagSummary[]): LagSummary {
  const lags = parts.flatMap(({ lag }) => (lag === undefined ? [] : [lag]))
  const rates = parts.flatMap((part) => (part.rates === undefined ? [] : [part.rates]))
  const isNever = rates.some(({ catchUp }) => catchUp === undefined)
  return {
    lag: lags.length === 0 ? undefined : lags.reduce((sum, lag) => sum + lag, 0n),
    age: parts.reduce<number | undefined>((oldest, { age }) => larger(oldest, age), undefined),
    rates:
      rates.length === 0
        ? undefined
        : {
            in: rates.reduce((sum, one) => sum + one.in, 0),
            out: rates.reduce((sum, one) => sum + one.out, 0),
            catchUp: isNever ? undefined : rates.reduce((slowest, one) => Math.max(slowest, one.catchUp ?? 0), 0),
          },
    verdict: worstVerdict(parts.map(({ verdict }) => verdict)),
  }
}

const larger = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || (b !== undefined && b > a) ? b : a

function summarizeGroup(
  { group, state, members }: GroupDescription,
  places: readonly Place[],
  partitions: readonly PartitionLag[],
): GroupLag {
  const withTopic = partitions.map((partition, at) => ({ topic: places[at]?.topic ?? '', partition }))
  const topics = [...Map.groupBy(withTopic, ({ topic }) => topic)].map(([topic, own]): TopicLag => {
    const parts = own.map(({ partition }) => partition)
    return { topic, ...summarize(parts), partitions: parts }
  })
  return { group, state, members: members.length, ...summarize(partitions), topics: topics.sort(worstFirst('topic')) }
}

/** By verdict, then by events, then by name. */
function worstFirst<Name extends 'group' | 'topic'>(name: Name) {
  return (a: LagSummary & Record<Name, string>, b: LagSummary & Record<Name, string>): number => {
    const byVerdict = verdictRank(a.verdict) - verdictRank(b.verdict)
    if (byVerdict !== 0) return byVerdict
    const [lagOfA, lagOfB] = [a.lag ?? 0n, b.lag ?? 0n]
    if (lagOfA !== lagOfB) return lagOfA > lagOfB ? -1 : 1
    return a[name] < b[name] ? -1 : 1
  }
}

/** Ends early at the abort, which is no error. */
const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  sleep(milliseconds, undefined, { signal }).catch(() => undefined)
