import type { EventBus } from '../../bus/event-bus.ts'
import { globMatcher } from '../../bus/names/glob.ts'
import { stableEndOf } from '../../bus/topic-log.ts'
import { RESOLUTIONS_TOPIC } from '../dead-letters/boxes/resolutions.ts'
import { readSkippingUnreadable } from '../events/skip-unreadable.ts'
import { reportLag } from '../lag/lag.ts'
import type { TopicLag } from '../lag/report.ts'
import { chooseGroups, takeSnapshot } from '../lag/snapshot.ts'
import type { SchemaSet } from '../schemas/compiled.ts'
import { chooseTopics } from '../tail/choose-topics.ts'
import { isNotAllowed } from '../topics/is-not-allowed.ts'
import { newestSlices } from '../topics/newest-slices.ts'
import { buildTopology } from './build-topology.ts'
import type { Declarations, GroupFacts, ReadTopic, TopologyFacts } from './facts.ts'
import type { Note, Topology } from './topology.ts'
import { type CountedTopic, TrafficTally } from './traffic-tally.ts'

/** Which topics to read, and what is declared. */
export interface TopologyRequest {
  /** Names and globs. Empty: all topics, without those of the broker and of crbus. */
  readonly topics: readonly string[]
  /** The number of newest records of each topic to read. */
  readonly number: number
  readonly declarations: Declarations
  readonly schemas: SchemaSet | undefined
  readonly now: () => number
  readonly signal: AbortSignal
  /** Called after each batch, with the offsets that were read so far and those of all topics. */
  readonly onProgress?: ((read: number, total: number) => void) | undefined
}

/** The most records whose ids are kept in memory to find causes. The process then takes 360 MB in all. */
const MAX_RECORDS = 500_000
/** The payloads of so many newest records of each partition are decoded by their schema. */
const DECODED_OFFSETS = 100n

/**
 * Finds out which services publish and consume which event types: from the newest records of each topic, from the consumer groups,
 * from causation ids, and from declarations. Only reads, and joins no group. Throws `TOPIC_NOT_FOUND` for a topic that does not exist.
 */
export async function readTopology(bus: EventBus, request: TopologyRequest): Promise<Topology> {
  const notes: Note[] = []
  const all = await bus.admin.listTopics()
  const existing = new Set(all.map(({ topic }) => topic))
  const named = request.topics
  const chosen =
    named.length === 0
      ? all.filter(({ topic, internal }) => !internal && topic !== RESOLUTIONS_TOPIC).map(({ topic }) => topic)
      : (await chooseTopics(bus, { ...request, topics: present(request, existing), follow: false, onNotice: () => {} }))
          .topics
  const patterns = named.map(globMatcher)
  const isWanted = (topic: string) => named.length === 0 || patterns.some((matches) => matches(topic))
  const groups = await readGroups(bus, request, notes)
  const tally = await readTraffic(bus, chosen, request, notes)
  const { declarations } = request
  const facts: TopologyFacts = {
    ...{ traffic: tally.traffic, flows: tally.flows, existing, groups, declarations, isWanted },
  }
  return buildTopology(facts, notes)
}

/** Leaves out topics that are declared and missing, because a finding says so. */
const present = ({ topics, declarations }: TopologyRequest, existing: ReadonlySet<string>): readonly string[] => {
  const isDeclared = (topic: string) =>
    declarations.topics.has(topic) ||
    [...declarations.services.values()].some(({ consumes, publishes }) => consumes.has(topic) || publishes.has(topic))
  return topics.filter((topic) => existing.has(topic) || !isDeclared(topic))
}

/** Counts the newest records of topics. */
async function readTraffic(
  bus: EventBus,
  topics: readonly string[],
  { number, schemas, signal, onProgress }: TopologyRequest,
  notes: Note[],
): Promise<TrafficTally> {
  const perTopic = Math.min(number, Math.max(1, Math.floor(MAX_RECORDS / Math.max(1, topics.length))))
  if (perTopic < number) notes.push({ code: 'sample-reduced', number: perTopic, topicCount: topics.length })
  const ranges = await bus.log.rangesOf(topics)
  const chosen = [...ranges].map(([topic, own]) => {
    const slices = newestSlices(topic, own, perTopic)
    const froms = new Map(slices.map(({ partition, from }) => [partition, from]))
    const counted: CountedTopic = {
      topic,
      isWhole: own.every((range) => range.start === (froms.get(range.partition) ?? stableEndOf(range))),
      newest: new Map(slices.map(({ partition, to }) => [partition, to - DECODED_OFFSETS])),
    }
    return { counted, slices }
  })
  const tally = new TrafficTally(
    chosen.map(({ counted }) => counted),
    schemas,
  )
  const slices = chosen.flatMap((one) => one.slices)
  const total = Number(slices.reduce((sum, { from, to }) => sum + (to - from), 0n))
  let read = 0
  const batches = readSkippingUnreadable(bus.log, slices, { signal }, (skipped) =>
    notes.push({ code: 'unreadable-skipped', ...skipped }),
  )
  for await (const batch of batches) {
    for (const record of batch) tally.add(record)
    read += batch.length
    onProgress?.(read, total)
    if (signal.aborted) break
  }
  return tally
}

const toReadTopic = ({ topic, lag, counts, partitions }: TopicLag): [string, ReadTopic] => {
  const committed = partitions.flatMap(({ partition, committed: offset }) =>
    offset === undefined ? [] : [[partition, offset] as const],
  )
  return [topic, { lag, counts, committed: new Map(committed) }]
}

/** Reads which groups read which topics. `null`, with a note, if the user may not see the groups. */
async function readGroups(
  bus: EventBus,
  { now }: TopologyRequest,
  notes: Note[],
): Promise<readonly GroupFacts[] | null> {
  try {
    const snapshot = await takeSnapshot(bus, await chooseGroups(bus, {}), {})
    const { groups } = await reportLag(bus, snapshot, undefined, { now })
    const lags = new Map(groups.map(({ group, topics }) => [group, topics]))
    return snapshot.groups
      .filter(({ description }) => description.state !== 'Dead')
      .map(({ description }) => {
        const { group, state, members } = description
        const subscribed = members.map(({ subscription }) => subscription)
        // While members rebalance, the bus may not know their subscriptions. A group without members has only its offsets.
        const isSure = state === 'Stable' && members.length > 0 && subscribed.every((topics) => topics !== undefined)
        const read = (lags.get(group) ?? []).filter(
          ({ topic }) => !isSure || subscribed.some((topics) => topics?.includes(topic)),
        )
        return {
          ...{ group, state, memberCount: members.length },
          topics: new Map(read.map(toReadTopic)),
        }
      })
  } catch (error) {
    if (!isNotAllowed(error)) throw error
    notes.push({ code: 'groups-hidden' })
    return null
  }
}
