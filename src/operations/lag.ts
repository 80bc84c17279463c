import { setTimeout as sleep } from 'node:timers/promises'
import type { GroupDescription, GroupState, TopicPartition } from '../bus/admin.ts'
import { EventBusError } from '../bus/errors.ts'
import type { EventBus } from '../bus/event-bus.ts'
import { placeOf } from '../bus/names.ts'
import type { BusRecord } from '../bus/record.ts'
import type { Isolation, LogSlice, PartitionRange } from '../bus/topic-log.ts'
import type { EventCount } from './event-count.ts'
import { globMatcher, isGlob } from './glob.ts'
import { judgeLag, type LagLook, type LagVerdict, verdictRank, worstVerdict } from './lag-verdict.ts'
import { ageOf, aheadOf } from './record-age.ts'

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
  /** `offsets` where a topic is compacted: of the offsets that `lag` counts, some may hold no event. Absent with `lag`. */
  readonly counts?: EventCount | undefined
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
  const compacted = await bus.admin.compactedTopics(topicsThatWait(look, waiting))
  const elapsed = before === undefined ? undefined : look.taken - before.taken
  const looksBefore = new Map(before?.groups.map(({ description, places }) => [description.group, places]))
  const judged = look.groups.map(({ description, places }): GroupLag => {
    const earlier = new Map(looksBefore.get(description.group)?.map((place) => [placeOf(place), place]))
    const owners = ownersOf(description)
    const partitions = places.map((place) => {
      const key = placeOf(place)
      return judgePlace(place, description, {
        owner: owners.get(key),
        before: earlier.get(key),
        elapsed,
        waiting: waiting(place),
        isCompacted: compacted.has(place.topic),
        now,
      })
    })
    return summarizeGroup(description, places, partitions)
  })
  return { sample: elapsed === undefined ? undefined : Math.round(elapsed), groups: judged.sort(worstFirst('group')) }
}

function topicsThatWait({ groups }: LagLooks, waiting: (place: LagPlace) => Waiting): string[] {
  const places = groups.flatMap(({ places: own }) => own).filter((place) => firstOfBoth(waiting(place)) !== undefined)
  return [...new Set(places.map(({ topic }) => topic))]
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
  const ranges = await bus.log.rangesOf([...new Set(used.flatMap((offsets) => [...offsets.keys()]))])
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
  ranges: ReadonlyMap<string, readonly PartitionRange[]>,
): LagPlace[] {
  return [...used].flatMap(([topic, offsets]) => {
    const known = new Map(ranges.get(topic)?.map((range) => [range.partition, range]))
    const partitions = [...new Set([...offsets.keys(), ...known.keys()])].sort((a, b) => a - b)
    return partitions.map((partition) => {
      const range = known.get(partition)
      const { start, end, lastStable } = range ?? {}
      return { topic, partition, committed: offsets.get(partition), start, end, lastStable }
    })
  })
}

/** Where the first waiting event is to be looked for. */
const firstOffset = ({ committed = 0n, start = 0n }: LagLook): bigint => (committed < start ? start : committed)

interface Slices {
  readonly committed?: LogSlice | undefined
  readonly open?: LogSlice | undefined
}

/** What a group would read next: events that were committed, and those that an open transaction keeps back. */
function waitingSlices(place: LagPlace): Slices {
  const { topic, partition, committed, end, lastStable = end } = place
  if (committed === undefined || end === undefined || lastStable === undefined || committed >= end) return {}
  const from = firstOffset(place)
  const committedSlice = from < lastStable ? { topic, partition, from, to: lastStable } : undefined
  const open = lastStable < end ? { topic, partition, from: from < lastStable ? lastStable : from, to: end } : undefined
  return { committed: committedSlice, open }
}

/** The first record that waits: of the committed ones, and of those behind the start of an open transaction. */
interface Waiting {
  readonly committed: WaitingRecord | undefined
  readonly open: WaitingRecord | undefined
}

type WaitingRecord = Pick<BusRecord, 'offset' | 'timestamp'>

/**
 * Looks for the first record that waits in each of the places. Resolves with a function that returns the one of a place,
 * which must be the same object as was given.
 */
export async function firstWaiting(bus: EventBus, places: readonly LagPlace[]): Promise<(place: LagPlace) => Waiting> {
  const slices = places.map(waitingSlices)
  const [committed, open] = await Promise.all([
    firstOf(
      bus,
      slices.flatMap((own) => own.committed ?? []),
      'committed',
    ),
    firstOf(
      bus,
      slices.flatMap((own) => own.open ?? []),
      'uncommitted',
    ),
  ])
  const found = new Map(
    places.map((place, at): [LagPlace, Waiting] => {
      const own = slices[at] ?? {}
      return [place, { committed: own.committed && committed(own.committed), open: own.open && open(own.open) }]
    }),
  )
  return (place) => found.get(place) ?? NOTHING_WAITS
}

const NOTHING_WAITS: Waiting = { committed: undefined, open: undefined }

/** First records asked for at a time: of more, a hundred thousand say, those before are let go. */
const PORTION = 5000

/** The first record of each slice; groups at the same offset share one. */
async function firstOf(
  bus: EventBus,
  asked: readonly LogSlice[],
  isolation: Isolation,
): Promise<(slice: LogSlice) => WaitingRecord | undefined> {
  const wanted = new Map<string, Map<bigint, LogSlice>>()
  for (const slice of asked) {
    const key = placeOf(slice)
    const own = wanted.get(key) ?? new Map<bigint, LogSlice>()
    if (own.size === 0) wanted.set(key, own)
    own.set(slice.from, slice)
  }
  const found = new Map([...wanted.keys()].map((key) => [key, new Map<bigint, WaitingRecord>()]))
  let slices: LogSlice[] = []
  const ask = async () => {
    for (const [at, record] of (await bus.log.firstRecords(slices, isolation)).entries()) {
      const slice = slices[at]
      if (record === undefined || slice === undefined) continue
      const { offset, timestamp } = record
      found.get(placeOf(slice))?.set(slice.from, { offset, timestamp })
    }
    slices = []
  }
  for (const own of wanted.values()) {
    for (const slice of own.values()) {
      slices.push(slice)
      if (slices.length === PORTION) await ask()
    }
  }
  if (slices.length > 0) await ask()
  return (slice) => found.get(placeOf(slice))?.get(slice.from)
}

type Member = GroupDescription['members'][number]

const ownersOf = ({ members }: GroupDescription): ReadonlyMap<string, Member> =>
  new Map(members.flatMap((member) => member.assignment.map((place) => [placeOf(place), member] as const)))

/** The lag of a place and what was deleted unread; see {@link LagSummary}. */
export function countLag(
  place: LagPlace,
  waiting: Waiting,
  isCompacted: boolean,
): Pick<LagSummary, 'lag' | 'gone' | 'counts'> {
  const { committed, start, end } = place
  if (committed === undefined || start === undefined || end === undefined) return { lag: undefined }
  const first = firstOfBoth(waiting)
  const lag = first === undefined ? 0n : end - first.offset
  return {
    lag,
    // The first one that waits is known to be there.
    counts: isCompacted && lag > 1n ? 'offsets' : 'records',
    gone: committed < start ? start - committed : undefined,
  }
}

interface Surroundings {
  readonly waiting: Waiting
  readonly isCompacted: boolean
  readonly owner: Member | undefined
  readonly before: LagLook | undefined
  readonly elapsed: number | undefined
  readonly now: number
}

function judgePlace(
  place: LagPlace,
  { state }: GroupDescription,
  { owner, before, elapsed, waiting, isCompacted, now }: Surroundings,
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
  const { lag, gone, counts } = countLag(place, waiting, isCompacted)
  return {
    partition,
    committed,
    start,
    end,
    lastStable,
    lag,
    counts,
    gone,
    age,
    ahead: first === undefined ? undefined : aheadOf(first.timestamp, now),
    rates: before === undefined || elapsed === undefined ? undefined : ratesOf(before, place, elapsed, lag),
    verdict,
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
  const lags = parts.flatMap(({ lag }) => (lag === undefined ? [] : [lag]))
  const gone = parts.reduce((sum, part) => sum + (part.gone ?? 0n), 0n)
  const rates = parts.flatMap((part) => (part.rates === undefined ? [] : [part.rates]))
  const isNever = rates.some(({ catchUp }) => catchUp === undefined)
  return {
    lag: lags.length === 0 ? undefined : lags.reduce((sum, lag) => sum + lag, 0n),
    counts: lags.length === 0 ? undefined : parts.some(({ counts }) => counts === 'offsets') ? 'offsets' : 'records',
    gone: gone === 0n ? undefined : gone,
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
  places: readonly LagPlace[],
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
