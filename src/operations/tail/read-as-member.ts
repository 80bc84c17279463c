import type { CommittedOffset, GroupState } from '../../bus/admin.ts'
import type { EventBus, EventStream } from '../../bus/event-bus.ts'
import { partitionName } from '../../bus/names/names.ts'
import { isOutage } from '../../bus/outage.ts'
import { sleep } from '../../bus/time/sleep.ts'
import { stableEndOf } from '../../bus/topic-log.ts'
import type { EventView } from '../events/event-view.ts'
import { chooseTopics, type TopicRequest } from './choose-topics.ts'
import { type Passing, passingViews } from './passing-views.ts'

/** The group that a tail is about to join. */
export interface JoinPlan {
  readonly group: string
  readonly topics: readonly string[]
  readonly state: GroupState
  /** The ids of the members, from which the tail takes partitions. */
  readonly memberIds: readonly string[]
  /** The committed offsets of the group on the topics. */
  readonly committed: readonly CommittedOffset[]
  /** Whether the offsets of events are committed after the events were shown. */
  readonly commits: boolean
}

/** Returns what joining a group would mean. Changes nothing. Throws `TOPIC_NOT_FOUND` for a missing topic. */
export async function planJoin(
  bus: EventBus,
  request: Omit<TopicRequest, 'follow'> & { readonly group: string; readonly commits: boolean },
): Promise<JoinPlan> {
  const { group, commits } = request
  const { topics } = await chooseTopics(bus, { ...request, follow: false })
  const [{ state, members }, committed] = await Promise.all([
    bus.admin.describeGroup(group),
    bus.admin.committedOffsets(group, topics),
  ])
  return { group, topics, state, memberIds: members.map(({ memberId }) => memberId), committed, commits }
}

/** How a member reads. */
export interface MemberRequest extends Omit<TopicRequest, 'topics' | 'onNotice'>, Passing {
  /** Stop after this number of events. */
  readonly limit?: number | undefined
}

/** The most events of a batch. */
const BUFFER_SIZE = 1000
/** Milliseconds without an event after which a tail that does not follow checks whether its partitions have ended. */
const END_CHECK_MS = 250

/**
 * Joins a group and yields its events, from the committed offsets on; a partition without one is read from its start. The events
 * that were yielded are acknowledged when the caller asks for the next ones, unless the signal has aborted, and only a plan that
 * commits makes that a commit. Without `follow`, ends at the ends that the partitions of this member had at the beginning.
 */
export async function* readAsMember(
  bus: EventBus,
  plan: JoinPlan,
  request: MemberRequest,
): AsyncGenerator<readonly EventView[]> {
  const { group, topics, commits } = plan
  const { follow, signal, onOutage, outageLimit } = request
  let remaining = request.limit ?? Number.POSITIVE_INFINITY
  if (remaining === 0) return
  const ends = follow ? undefined : await EndWatch.start(bus, plan)
  if (ends?.isReached) return
  await using stream = await bus.subscribe(topics, {
    ...{ group, autoOffsetReset: 'earliest', autoCommit: commits, bufferSize: BUFFER_SIZE },
    ...{ signal, onOutage, outageLimit, callerLogs: true },
  })
  for await (const batch of batchesOf(stream, ends)) {
    const records = batch.items.map(({ record }) => record)
    let shown: EventView | undefined
    for await (const views of passingViews(records, request)) {
      const now = views.slice(0, remaining)
      if (now.length > 0) yield now
      if (signal.aborted) return
      remaining -= now.length
      shown = now.at(-1)
      if (remaining === 0) break
    }
    // Events after the limit stay unacknowledged, so that the group reads them next.
    batch.acknowledge(remaining > 0 || shown === undefined ? records.length : records.indexOf(shown.record) + 1)
    if (remaining === 0) return
    ends?.read(records.at(-1))
  }
}

type Batch = NonNullable<Awaited<ReturnType<EventStream['takeBatch']>>>

/** Yields the batches of a stream, to its end or until the partitions of the member have ended. */
async function* batchesOf(stream: EventStream, ends: EndWatch | undefined): AsyncGenerator<Batch> {
  while (!ends?.isReached) {
    const next = stream.takeBatch()
    let batch = ends === undefined ? await next : await orIdle(next)
    while (batch === 'idle') {
      if (await ends?.hasEnded()) {
        // The stream is closed next, which resolves the pending call.
        next.catch(() => undefined)
        return
      }
      batch = await orIdle(next)
    }
    if (batch === undefined) return
    yield batch
  }
}

/** Waits for a batch for at most {@link END_CHECK_MS}. */
async function orIdle(next: Promise<Batch | undefined>): Promise<Batch | undefined | 'idle'> {
  const waiting = new AbortController()
  const idle = sleep(END_CHECK_MS, waiting.signal).then(() => 'idle' as const)
  try {
    return await Promise.race([next, idle])
  } finally {
    waiting.abort()
  }
}

/** A partition that is read to an end. */
interface Reading {
  readonly topic: string
  readonly partition: number
  /** The next offset to read. */
  next: bigint
  readonly end: bigint
}

/** Knows where the partitions of a group end, and how far they are read. */
class EndWatch {
  readonly #bus: EventBus
  readonly #plan: JoinPlan
  /** The names of all partitions. */
  readonly #all: readonly string[]
  /** The partitions that are not read to their ends, by name. */
  readonly #open: Map<string, Reading>

  private constructor(bus: EventBus, plan: JoinPlan, all: readonly Reading[]) {
    this.#bus = bus
    this.#plan = plan
    this.#all = all.map(partitionName)
    const open = all.filter(({ next, end }) => next < end)
    this.#open = new Map(open.map((reading) => [partitionName(reading), reading]))
  }

  static async start(bus: EventBus, plan: JoinPlan): Promise<EndWatch> {
    const ranges = await bus.log.rangesOf(plan.topics)
    const committed = new Map(plan.committed.map((own) => [partitionName(own), own.offset]))
    const all = [...ranges].flatMap(([topic, own]) =>
      own.map(({ partition, start, end, ...stable }): Reading => {
        const next = committed.get(partitionName({ topic, partition })) ?? start
        return { topic, partition, next: next < start ? start : next, end: stableEndOf({ end, ...stable }) }
      }),
    )
    return new EndWatch(bus, plan, all)
  }

  /** Whether every partition is read to its end. */
  get isReached(): boolean {
    return this.#open.size === 0
  }

  /** Takes note that the records up to this one were read. */
  read(record: { readonly topic: string; readonly partition: number; readonly offset: bigint } | undefined): void {
    const name = record === undefined ? '' : partitionName(record)
    const reading = this.#open.get(name)
    if (record === undefined || reading === undefined) return
    reading.next = record.offset + 1n
    if (reading.next >= reading.end) this.#open.delete(name)
  }

  /**
   * Whether no partition of this member has an event before its end. Other members keep some partitions, which are theirs to read.
   * The last offsets of a partition may hold no event, for example the end of a transaction.
   */
  async hasEnded(): Promise<boolean> {
    try {
      const { state, members } = await this.#bus.admin.describeGroup(this.#plan.group)
      const own = members.filter(({ memberId }) => !this.#plan.memberIds.includes(memberId))
      const assigned = new Set(members.flatMap(({ assignment }) => assignment.map(partitionName)))
      const mine = new Set(own.flatMap(({ assignment }) => assignment.map(partitionName)))
      // During a rebalance, it is not known which partitions this member gets. It gets one if there are enough for all members.
      const isSettled = state === 'Stable' && own.length > 0 && this.#all.every((name) => assigned.has(name))
      if (!isSettled || (mine.size === 0 && members.length <= this.#all.length)) return false
      const open = [...this.#open].flatMap(([name, reading]) => (mine.has(name) ? [reading] : []))
      const slices = open.map(({ topic, partition, next, end }) => ({ topic, partition, from: next, to: end }))
      const first = slices.length === 0 ? [] : await this.#bus.log.firstRecords(slices)
      return first.every((record) => record === undefined)
    } catch (error) {
      // The stream reports the outage.
      if (isOutage(error)) return false
      throw error
    }
  }
}
