import { setTimeout as sleep } from 'node:timers/promises'
import type { GroupDescription, GroupState, TopicPartition } from '../../bus/admin.ts'
import { EventBusError, UnreadableError, type UnreadablePlace } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { partitionName } from '../../bus/names/names.ts'
import { PartitionMap } from '../../bus/names/partition-map.ts'
import type { BusRecord } from '../../bus/record.ts'
import type { Isolation, LogSlice, PartitionRange } from '../../bus/topic-log.ts'
import type { EventCount } from '../events/event-count.ts'
import { globMatcher, isGlob } from '../events/glob.ts'
import { MAX_PASSED_OVER } from '../events/read-over.ts'
import { ageOf, aheadOf } from '../events/record-age.ts'
import { judgeLag, type LagLook, type LagVerdict, verdictRank, worstVerdict } from './verdict.ts'

export interface LagRequest {
  /** Names, `*` and `?` allowed; a name without them must exist. Absent or empty: all groups of subscribers. */
  readonly groups?: readonly string[] | undefined
  /**
   * Names, `*` and `?` allowed; groups that neither committed on nor read one of these are left out. Absent or empty:
   * every topic a group committed on or reads.
   */
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
  /**
   * Events that wait: from the first record at or behind the committed offset to the end; 0 where there is none. Absent where nothing is committed or the log is gone.
   */
  readonly lag: bigint | undefined
  /** Offsets between the committed one and the log's start, whose events were deleted unread. Absent where there are none. */
  readonly gone?: bigint | undefined
  /**
   * Milliseconds since the first waiting event was written, by the record's own timestamp. Absent where nothing waits, and
   * where the timestamp does not tell.
   */
  readonly age: number | undefined
  /** Absent without a sample. */
  readonly rates: LagRates | undefined
  /** Absent where one look cannot tell. */
  readonly verdict: LagVerdict | undefined
}

/** A transaction that is open in a partition. */
interface OpenTransaction {
  /** Where it begins, which is the last stable offset. */
  readonly offset: bigint
  /** Milliseconds since 1970 of its first record; absent where that carries no time, or one in the future. */
  readonly since: number | undefined
}

export interface PartitionLag extends LagSummary, LagLook {
  readonly partition: number
  /** The oldest open transaction, where the group has not committed beyond its start and so may be held back by it. */
  readonly transaction?: OpenTransaction | undefined
  /** Milliseconds that the first waiting event is dated ahead of the clock, where that is why there is no age. */
  readonly ahead?: number | undefined
  /** Why the first waiting event cannot be read, where that is why there is no age. */
  readonly unreadable?: string | undefined
  /** Who reads it; absent where nobody does. */
  readonly member?: string | undefined
  readonly client?: string | undefined
  readonly host?: string | undefined
}

/** What a topic and a group have besides. */
interface CountedLag extends LagSummary {
  /** `offsets` where a topic is compacted: of the offsets that `lag` counts, some may hold no event. Absent with `lag`. */
  readonly counts?: EventCount | undefined
}

export interface TopicLag extends CountedLag {
  readonly topic: string
  readonly partitions: readonly PartitionLag[]
}

export interface GroupLag extends CountedLag {
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
 * The requests it makes grow with brokers, not with groups, topics or partitions. `GROUP_NOT_FOUND` for a group that was
 * named and is not there.
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
  const waiting = await firstWaiting(
    bus,
    look.groups.flatMap(({ places }) => places),
  )
  const elapsed = before === undefined ? undefined : look.taken - before.taken
  const looksBefore = new Map(before?.groups.map(({ description, places }) => [description.group, places]))
  const judged = look.groups.map(({ description, places }) => {
    const earlier = new PartitionMap<LagLook>()
    for (const place of looksBefore.get(description.group) ?? []) earlier.set(place, place)
    const owners = ownersOf(description)
    const partitions = places.map((place) =>
      judgePlace(place, description, {
        owner: owners.get(place),
        before: earlier.get(place),
        elapsed,
        waiting: waiting(place),
        now,
      }),
    )
    return { description, byTopic: Map.groupBy(partitions, (_, at) => places[at]?.topic ?? '') }
  })
  const inDoubt = judged.flatMap(({ byTopic }) => [...byTopic].filter(([, own]) => own.some(maySkipOffsets)))
  const compacted = await bus.admin.compactedTopics([...new Set(inDoubt.map(([topic]) => topic))])
  const groups = judged.map(({ description, byTopic }) => summarizeGroup(description, byTopic, compacted))
  return { sample: elapsed === undefined ? undefined : Math.round(elapsed), groups: groups.sort(worstFirst('group')) }
}

const firstOfBoth = ({ committed, open }: Waiting): WaitingRecord | undefined => committed ?? open

/** Groups that commit offsets: those of subscribers, and those that nobody joins. */
const isOfSubscribers = ({ protocolType }: { readonly protocolType: string }): boolean =>
  protocolType === 'consumer' || protocolType === ''

/** Names are taken as they are: whether there is such a group is for whoever keeps it to say. */
export async function chooseGroups(
  bus: EventBus,
  { groups: wanted = [] }: Pick<LagRequest, 'groups'>,
): Promise<readonly string[]> {
  if (wanted.length > 0 && !wanted.some(isGlob)) return [...new Set(wanted)]
  const known = (await bus.admin.listGroups()).filter(isOfSubscribers).map(({ group }) => group)
  const named = wanted.filter((name) => !isGlob(name))
  return [...new Set([...named, ...known.filter(matcher(wanted))])]
}

const noSuchGroup = (group: string) =>
  new EventBusError('GROUP_NOT_FOUND', `group '${group}' does not exist`, {
    group,
    suggestions: ['crbus lag', `crbus lag --group '*${group}*'`],
  })

const matcher = (globs: readonly string[] = []): ((name: string) => boolean) => {
  const patterns = globs.map(globMatcher)
  return (name) => patterns.length === 0 || patterns.some((matches) => matches(name))
}

/** A partition as a group sees it. */
export interface LagPlace extends TopicPartition, LagLook {}

interface GroupLook {
  readonly description: GroupDescription
  readonly places: readonly LagPlace[]
}

/** What was there at one moment, before anything is concluded from it. */
export interface LagLooks {
  /** Milliseconds of a clock that never goes back. */
  readonly taken: number
  readonly groups: readonly GroupLook[]
}

/** Offsets first, then the ends: a group that goes on in between must not look as if it were beyond the log. */
export async function lookAtGroups(
  bus: EventBus,
  groups: readonly string[],
  { groups: named = [], topics = [] }: Pick<LagRequest, 'groups' | 'topics'>,
): Promise<LagLooks> {
  const [committed, descriptions] = await Promise.all([
    bus.admin.committedOffsetsOf(groups),
    bus.admin.describeGroups(groups),
  ])
  const missing = descriptions.find(({ group, state }, at) => {
    return state === 'Dead' && committed[at]?.length === 0 && named.includes(group)
  })
  if (missing !== undefined) throw noSuchGroup(missing.group)
  const isWanted = matcher(topics)
  const used = descriptions.map(({ members }, at) => {
    const offsets = new Map<string, Map<number, bigint | undefined>>()
    const note = ({ topic, partition }: TopicPartition, offset: bigint | undefined) => {
      if (!isWanted(topic)) return
      const own = offsets.get(topic) ?? new Map<number, bigint | undefined>()
      offsets.set(topic, own)
      own.set(partition, offset ?? own.get(partition))
    }
    for (const position of committed[at] ?? []) note(position, position.offset)
    for (const place of members.flatMap(({ assignment }) => assignment)) note(place, undefined)
    return offsets
  })
  const found = await bus.log.rangesOf([...new Set(used.flatMap((offsets) => [...offsets.keys()]))])
  const ranges = new Map(
    [...found].map(([topic, own]) => [topic, new Map(own.map((range) => [range.partition, range]))]),
  )
  const looks = descriptions.map((description, at) => ({
    description,
    places: placesOf(used[at] ?? new Map(), ranges),
  }))
  const concerned = topics.length === 0 ? looks : looks.filter(({ places }) => places.length > 0)
  return { taken: performance.now(), groups: concerned }
}

/** Every partition of the topics a group uses: one that was added and that nobody reads is one that matters. */
function placesOf(
  used: ReadonlyMap<string, ReadonlyMap<number, bigint | undefined>>,
  ranges: ReadonlyMap<string, ReadonlyMap<number, PartitionRange>>,
): LagPlace[] {
  return [...used].flatMap(([topic, offsets]) => {
    const known = ranges.get(topic)
    const partitions = [...new Set([...offsets.keys(), ...(known?.keys() ?? [])])].sort((a, b) => a - b)
    return partitions.map((partition) => {
      const { start, end, lastStable } = known?.get(partition) ?? {}
      return { topic, partition, committed: offsets.get(partition), start, end, lastStable }
    })
  })
}

/** Where the first waiting event is to be looked for. */
const firstOffset = ({ committed = 0n, start = 0n }: LagLook): bigint => (committed < start ? start : committed)

/** What a group would read next of the events that were committed. */
function committedSlice(place: LagPlace): LogSlice | undefined {
  const { topic, partition, committed, end, lastStable = end } = place
  if (committed === undefined || end === undefined || committed >= end) return undefined
  const from = firstOffset(place)
  return lastStable === undefined || from >= lastStable ? undefined : { topic, partition, from, to: lastStable }
}

/** What a group would read next of the events that an open transaction keeps back. */
function openSlice(place: LagPlace): LogSlice | undefined {
  const { topic, partition, committed, end, lastStable = end } = place
  if (committed === undefined || end === undefined || lastStable === undefined || lastStable >= end) return undefined
  const from = firstOffset(place)
  return from >= end ? undefined : { topic, partition, from: from < lastStable ? lastStable : from, to: end }
}

/** The first record that waits: of the committed ones, and of those after the start of an open transaction. */
interface Waiting {
  readonly committed: WaitingRecord | undefined
  readonly open: WaitingRecord | undefined
}

interface WaitingRecord extends Pick<BusRecord, 'offset' | 'timestamp'> {
  /** Why the record cannot be read: then the first offset that holds one is taken, without a timestamp. */
  readonly unreadable?: string | undefined
}

/** Looks for the first record that waits in each place. Resolves with a function that returns it for one of the places. */
export async function firstWaiting(bus: EventBus, places: readonly LagPlace[]): Promise<(place: LagPlace) => Waiting> {
  const [committed, open] = await Promise.all([
    firstOf(bus, places, committedSlice, 'committed'),
    firstOf(bus, places, openSlice, 'uncommitted'),
  ])
  return (place) => ({ committed: committed(place), open: open(place) })
}

/** How many first records are asked for at a time, so that those of a hundred thousand are never in memory together. */
const PORTION = 5000

/** Where records are wanted in one partition, and those that were found. */
interface Wanted extends Omit<LogSlice, 'from'> {
  readonly firsts: Map<bigint, WaitingRecord | undefined>
}

/**
 * The slices that begin among offsets that cannot be read; without any, those whose first record is there. With `isLast`
 * every slice of the partition, so that one with many such places costs no more.
 */
function slicesAt(place: UnreadablePlace, slices: readonly LogSlice[], isLast: boolean): readonly LogSlice[] {
  const own = slices.filter((slice) => partitionName(slice) === partitionName(place))
  if (isLast) return own
  const before = own.filter(({ from }) => from < place.behind)
  const within = before.filter(({ from }) => from >= place.offset)
  return within.length > 0 ? within : before
}

/**
 * The first record of each place's slice; groups at the same offset share one. One that cannot be read does not keep the
 * others from being found.
 */
async function firstOf(
  bus: EventBus,
  places: readonly LagPlace[],
  sliceOf: (place: LagPlace) => LogSlice | undefined,
  isolation: Isolation,
): Promise<(place: LagPlace) => WaitingRecord | undefined> {
  const wanted = new PartitionMap<Wanted>()
  for (const place of places) {
    const slice = sliceOf(place)
    if (slice === undefined) continue
    const { topic, partition, from, to } = slice
    const own = wanted.get(place) ?? { topic, partition, to, firsts: new Map() }
    if (own.firsts.size === 0) wanted.set(place, own)
    own.firsts.set(from, undefined)
  }
  const failures = new PartitionMap<number>()
  let slices: LogSlice[] = []
  const ask = async () => {
    while (slices.length > 0) {
      try {
        for (const [at, record] of (await bus.log.firstRecords(slices, isolation)).entries()) {
          const slice = slices[at]
          if (record === undefined || slice === undefined) continue
          const { offset, timestamp } = record
          wanted.get(slice)?.firsts.set(slice.from, { offset, timestamp })
        }
        slices = []
      } catch (error) {
        if (!(error instanceof UnreadableError)) throw error
        const count = (failures.get(error.place) ?? 0) + 1
        failures.set(error.place, count)
        const unreadable = slicesAt(error.place, slices, count >= MAX_PASSED_OVER)
        if (unreadable.length === 0) throw error
        const passed = new Set(unreadable)
        for (const slice of unreadable) {
          const offset = slice.from > error.place.offset ? slice.from : error.place.offset
          wanted.get(slice)?.firsts.set(slice.from, { offset, timestamp: -1n, unreadable: error.message })
        }
        slices = slices.filter((slice) => !passed.has(slice))
      }
    }
  }
  for (const { topic, partition, to, firsts } of wanted.values()) {
    for (const from of firsts.keys()) {
      slices.push({ topic, partition, from, to })
      if (slices.length === PORTION) await ask()
    }
  }
  if (slices.length > 0) await ask()
  return (place) => {
    const slice = sliceOf(place)
    return slice && wanted.get(place)?.firsts.get(slice.from)
  }
}

type Member = GroupDescription['members'][number]

function ownersOf({ members }: GroupDescription): PartitionMap<Member> {
  const owners = new PartitionMap<Member>()
  for (const member of members) for (const place of member.assignment) owners.set(place, member)
  return owners
}

/** The lag of a place and what was deleted unread; see {@link LagSummary}. */
export function countLag(place: LagPlace, waiting: Waiting): Pick<LagSummary, 'lag' | 'gone'> {
  const { committed, start, end } = place
  if (committed === undefined || start === undefined || end === undefined) return { lag: undefined }
  const first = firstOfBoth(waiting)
  const lag = first === undefined ? 0n : end - first.offset
  return { lag, gone: committed < start ? start - committed : undefined }
}

/** Whether the lag of a compacted topic may count offsets without an event. The first waiting offset is known to hold one. */
const maySkipOffsets = ({ lag }: Pick<LagSummary, 'lag'>): boolean => lag !== undefined && lag > 1n

/** What the lag of one partition counts. */
export const lagCounts = (summary: Pick<LagSummary, 'lag'>, isCompacted: boolean): EventCount =>
  isCompacted && maySkipOffsets(summary) ? 'offsets' : 'records'

interface Surroundings {
  readonly waiting: Waiting
  readonly owner: Member | undefined
  readonly before: LagLook | undefined
  readonly elapsed: number | undefined
  readonly now: number
}

function judgePlace(
  place: LagPlace,
  { state }: GroupDescription,
  { owner, before, elapsed, waiting, now }: Surroundings,
): PartitionLag {
  const { partition, committed, start, end, lastStable = end } = place
  const { open } = waiting
  const first = firstOfBoth(waiting)
  const age = first === undefined ? undefined : ageOf(first.timestamp, now)
  const mayBeHeldBack = open !== undefined && lastStable !== undefined && firstOffset(place) <= lastStable
  const verdict = judgeLag({
    look: place,
    before,
    elapsed,
    hasReader: owner === undefined ? (isSettled(state) ? false : undefined) : true,
    hasWaiting: first !== undefined,
    isHeldBack: mayBeHeldBack && waiting.committed === undefined,
    age,
  })
  const { lag, gone } = countLag(place, waiting)
  const judged = {
    partition,
    committed,
    start,
    end,
    lag,
    age,
    rates: before === undefined || elapsed === undefined ? undefined : ratesOf(before, place, elapsed, lag),
    verdict,
  }
  const ahead = first === undefined || age !== undefined ? undefined : aheadOf(first.timestamp, now)
  const unreadable = first?.unreadable
  // A report may have a hundred thousand partitions, and most of them have none of the fields below.
  const isUsual = gone === undefined && ahead === undefined && unreadable === undefined && lastStable === end
  if (isUsual && owner === undefined) return judged
  return {
    ...judged,
    lastStable: lastStable === end ? undefined : lastStable,
    gone,
    ahead,
    unreadable,
    transaction: mayBeHeldBack
      ? { offset: lastStable, since: ageOf(open.timestamp, now) === undefined ? undefined : Number(open.timestamp) }
      : undefined,
    member: owner?.memberId,
    client: owner?.clientId,
    host: owner?.host,
  }
}

/** Whether a partition without an owner has none for good. */
const isSettled = (state: GroupState): boolean => state === 'Empty' || state === 'Dead' || state === 'Stable'

function ratesOf(before: LagLook, after: LagLook, elapsed: number, lag: bigint | undefined): LagRates {
  const perSecond = (from: bigint | undefined, to: bigint | undefined) =>
    from === undefined || to === undefined ? 0 : (Number(to - from) * 1000) / elapsed
  const [incoming, out] = [perSecond(before.end, after.end), perSecond(before.committed, after.committed)]
  return { in: incoming, out, catchUp: catchUpOf(after, lag, incoming, out) }
}

function catchUpOf(
  { committed, start, end }: LagLook,
  lag: bigint | undefined,
  incoming: number,
  out: number,
): number | undefined {
  if (start === undefined || end === undefined || (committed !== undefined && committed > end)) return undefined
  // Where nothing was committed there is nothing to catch up with as long as there are no events.
  const left = Number(lag ?? end - start)
  if (left === 0) return 0
  return lag !== undefined && out > incoming ? Math.round((left * 1000) / (out - incoming)) : undefined
}

/** What parts come to: their lags together, the oldest age, the slowest to catch up, the worst verdict. */
function summarize(parts: readonly LagSummary[]): LagSummary {
  const rates = parts.flatMap((part) => part.rates ?? [])
  const isNever = rates.some(({ catchUp }) => catchUp === undefined)
  return {
    lag: sumOf(parts, ({ lag }) => lag),
    gone: sumOf(parts, ({ gone }) => gone),
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

/** The sum over the parts that have a value; `undefined` when none has. */
const sumOf = (parts: readonly LagSummary[], read: (part: LagSummary) => bigint | undefined): bigint | undefined =>
  parts.reduce<bigint | undefined>((sum, part) => {
    const own = read(part)
    return own === undefined ? sum : (sum ?? 0n) + own
  }, undefined)

const larger = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || (b !== undefined && b > a) ? b : a

function summarizeGroup(
  { group, state, members }: GroupDescription,
  byTopic: ReadonlyMap<string, readonly PartitionLag[]>,
  compacted: ReadonlySet<string>,
): GroupLag {
  const topics = [...byTopic].map(([topic, partitions]): TopicLag => {
    const summary = summarize(partitions)
    const skips = compacted.has(topic) && partitions.some(maySkipOffsets)
    const counts = summary.lag === undefined ? undefined : skips ? 'offsets' : 'records'
    return { topic, ...summary, counts, partitions }
  })
  const counted = new Set(topics.map(({ counts }) => counts))
  const counts = counted.has('offsets') ? 'offsets' : counted.has('records') ? 'records' : undefined
  const sorted = topics.sort(worstFirst('topic'))
  return { group, state, members: members.length, ...summarize(topics), counts, topics: sorted }
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
