import type { TopicPartition } from '../../bus/admin.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { partitionName } from '../../bus/names/names.ts'
import { type LogSlice, stableEndOf } from '../../bus/topic-log.ts'
import { isGlob } from '../events/glob.ts'
import { type LeftOut, readOver } from '../events/read-over.ts'
import { ageOf, aheadOf } from '../events/record-age.ts'
import { type GroupLag, type LagRequest, measureLag, type PartitionLag } from './lag.ts'

/** Nagios's four. */
export type CheckStatus = 'ok' | 'warning' | 'critical' | 'unknown'

/** Something measured, with the limits it was held to. */
export interface Measure {
  /** As in Prometheus: `lag_events`, `lag_seconds`. */
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
  readonly unit: 's' | ''
  readonly warn?: number | undefined
  readonly max?: number | undefined
}

export interface Check {
  readonly check: string
  readonly status: CheckStatus
  /** What is true, one line: what is wrong, or what was found to be right. */
  readonly message: string
  readonly measures: readonly Measure[]
}

interface Finding {
  readonly status: CheckStatus
  readonly text: string
}

/** Worst first: a check that cannot tell is no worse than one that found something. */
const severity: readonly CheckStatus[] = ['critical', 'unknown', 'warning', 'ok']

/** As bad as the worst finding; what is right is told only when nothing is wrong. */
function conclude(check: string, findings: readonly Finding[], measures: readonly Measure[]): Check {
  const worst = severity.find((status) => findings.some((finding) => finding.status === status)) ?? 'unknown'
  const texts = findings.filter(({ status }) => status !== 'ok' || worst === 'ok').map(({ text }) => text)
  return { check, status: worst, message: texts.join('; '), measures }
}

export interface LagLimits {
  readonly maxEvents?: number | undefined
  /** Milliseconds. */
  readonly maxAge?: number | undefined
  readonly warnEvents?: number | undefined
  readonly warnAge?: number | undefined
}

/** Holds the lag of groups to limits; what lies above one breaks it. */
export async function checkLag(bus: EventBus, request: LagRequest & LagLimits): Promise<Check> {
  const { groups } = await measureLag(bus, request)
  const findings = groups.flatMap((group) => lagFindings(group, request))
  // One that was named and is not there was an error before.
  const left = (request.groups ?? []).filter((name) => !isGlob(name) && !groups.some(({ group }) => group === name))
  const topics = (request.topics ?? []).join(', ')
  findings.push(
    ...left.map((name) => ({
      status: 'unknown' as const,
      text: `${name} neither reads ${topics} nor has committed on it`,
    })),
  )
  if (findings.length === 0)
    findings.push({
      status: 'unknown',
      text: topics === '' ? 'no group has such a name' : `no such group reads ${topics}`,
    })
  return conclude(
    'lag',
    findings,
    groups.flatMap((group) => lagMeasures(group, request)),
  )
}

function lagFindings({ group, lag, counts, gone, age, topics }: GroupLag, limits: LagLimits): Finding[] {
  const partitions = topics.flatMap(({ topic, partitions: own }) => own.map((place) => ({ topic, ...place })))
  const named = (verdict: string) => partitions.filter((place) => place.verdict === verdict).map(partitionName)
  const findings: Finding[] = []
  const outside = named('beyond-the-log')
  if (outside.length > 0) {
    const lost = gone === undefined ? '' : `, where ${counted(Number(gone), 'event')} were deleted unread`
    findings.push({ status: 'critical', text: `${group} committed outside the log of ${someOf(outside)}${lost}` })
  }
  if (lag === undefined) {
    if (outside.length === 0) findings.push({ status: 'unknown', text: `${group} has committed nothing` })
    return findings
  }
  const never = named('never-committed')
  const besides = never.length === 0 ? '' : `, nothing committed on ${someOf(never)}`
  const seconds = age === undefined ? undefined : Math.floor(age / 1000)
  const oldest = seconds === undefined ? '' : `, the oldest ${seconds}s old`
  const waiting = `${counts === 'offsets' ? 'at most ' : ''}${counted(Number(lag), 'event')} waiting`
  const heldBack = heldBackBy(partitions)
  const broken = [
    broke(Number(lag), limits.warnEvents, limits.maxEvents, (limit) => `${waiting}, above ${limit}${heldBack}`),
    broke(age ?? 0, limits.warnAge, limits.maxAge, (limit) => {
      return `the oldest ${seconds}s old, above ${limit / 1000}s${heldBack}`
    }),
    limits.warnAge === undefined && limits.maxAge === undefined ? undefined : undatedIn(partitions),
  ].flatMap((finding) => finding ?? [])
  findings.push(...broken.map(({ status, text }) => ({ status, text: `${group}: ${text}` })))
  if (findings.length === 0) findings.push({ status: 'ok', text: `${group}: ${waiting}${oldest}${heldBack}${besides}` })
  return findings
}

type NamedPlace = TopicPartition & PartitionLag

/** Names the transaction that keeps a group from reading on, if it reads committed records alone. */
function heldBackBy(places: readonly NamedPlace[]): string {
  const behind = places.flatMap((place) => {
    if (place.transaction === undefined) return []
    const { offset, since } = place.transaction
    const began = since === undefined ? '' : ` since ${new Date(since).toISOString()}`
    return [`${partitionName(place)} at offset ${offset}${began}`]
  })
  return behind.length === 0 ? '' : `, read-committed consumers held back by a transaction open in ${someOf(behind)}`
}

/** What cannot be held to an age: the first waiting event does not tell when it was written. */
function undatedIn(places: readonly NamedPlace[]): Finding | undefined {
  const undated = places.filter(({ lag = 0n, age }) => lag > 0n && age === undefined)
  if (undated.length === 0) return undefined
  const reason = undated.some(({ unreadable }) => unreadable !== undefined)
    ? 'cannot be read'
    : undated.some(({ ahead }) => ahead !== undefined)
      ? 'is dated in the future'
      : 'has no timestamp'
  const where = someOf(undated.map(partitionName))
  return { status: 'unknown', text: `no age is known in ${where}: the first waiting event ${reason}` }
}

function broke(
  value: number,
  warn: number | undefined,
  max: number | undefined,
  tell: (limit: number) => string,
): Finding | undefined {
  if (max !== undefined && value > max) return { status: 'critical', text: tell(max) }
  if (warn !== undefined && value > warn) return { status: 'warning', text: tell(warn) }
  return undefined
}

/** One line has room for some. */
const someOf = (names: readonly string[]): string =>
  names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ')

function lagMeasures({ group, lag, age = 0 }: GroupLag, limits: LagLimits): Measure[] {
  if (lag === undefined) return []
  const { maxEvents: max, warnEvents: warn, maxAge, warnAge } = limits
  const labels = { group }
  return [
    { name: 'lag_events', labels, value: Number(lag), unit: '', warn, max },
    { name: 'lag_seconds', labels, value: age / 1000, unit: 's', warn: seconds(warnAge), max: seconds(maxAge) },
  ]
}

const seconds = (milliseconds: number | undefined): number | undefined =>
  milliseconds === undefined ? undefined : milliseconds / 1000

export interface TopicExpectation {
  readonly topic: string
  readonly partitions?: number | undefined
  readonly replication?: number | undefined
  /** Milliseconds since the newest event was written. */
  readonly maxSilence?: number | undefined
  readonly now: () => number
  readonly signal: AbortSignal
}

/** Holds a topic to what is expected of it: that it is there, its layout, and that events still come. */
export async function checkTopicState(bus: EventBus, expected: TopicExpectation): Promise<Check> {
  const { topic, partitions, replication, maxSilence } = expected
  if (!(await bus.admin.listTopics()).some((known) => known.topic === topic)) {
    return conclude('topic', [{ status: 'critical', text: `${topic} does not exist` }], [])
  }
  const { layout, ...found } = await bus.admin.describeTopic(topic)
  const findings: Finding[] = []
  const differs = (what: string, is: number, wanted: number | undefined) => {
    if (wanted !== undefined && is !== wanted) {
      findings.push({ status: 'critical', text: `${topic} has ${counted(is, what)}, not ${wanted}` })
    }
  }
  differs('partition', found.partitions, partitions)
  const fewest = Math.min(...layout.map(({ replicas }) => replicas.length))
  differs('replica', fewest, replication)
  const lacking = layout.filter(({ replicas, inSync }) => inSync.length < replicas.length).length
  if (replication !== undefined && lacking > 0) {
    findings.push({
      status: 'warning',
      text: `${topic} has ${counted(lacking, 'partition')} with replicas out of sync`,
    })
  }
  const measures: Measure[] = [
    { name: 'topic_partitions', labels: { topic }, value: found.partitions, unit: '' },
    { name: 'topic_replicas', labels: { topic }, value: fewest, unit: '' },
  ]
  let silence: number | undefined
  let besides = ''
  if (maxSilence !== undefined) {
    const newest = await newestOf(bus, expected)
    silence = newest.silence
    const { ahead, isEmpty, unreadable, open } = newest
    const uncommitted = open.length === 0 ? '' : `, events of a transaction open in ${someOf(open)} not counted`
    if (ahead > 0) besides = `, ${counted(ahead, 'newer one')} dated in the future and not counted`
    const unknown =
      unreadable !== undefined
        ? `cannot be read (${unreadable})`
        : ahead > 0
          ? 'are dated in the future'
          : 'have no timestamp'
    const finding =
      silence === undefined
        ? isEmpty
          ? ({ status: 'critical', text: `${topic} holds no events${uncommitted}` } as const)
          : ({
              status: 'unknown',
              text: `the newest events of ${topic} ${unknown}: no silence is known${uncommitted}`,
            } as const)
        : broke(silence, undefined, maxSilence, (limit) => {
            const which = unreadable === undefined ? 'its newest event' : 'the newest event that can be read'
            const reason = unreadable === undefined ? '' : ` (${unreadable})`
            return `${topic} had ${which} ${whole(silence)}s ago, above ${limit / 1000}s${reason}${besides}${uncommitted}`
          })
    // Events that cannot be read may be newer.
    if (finding !== undefined) findings.push(unreadable === undefined ? finding : { ...finding, status: 'unknown' })
    if (silence !== undefined) {
      measures.push({
        name: 'topic_silence_seconds',
        labels: { topic },
        value: silence / 1000,
        unit: 's',
        max: seconds(maxSilence),
      })
    }
  }
  const newest = silence === undefined ? '' : `, the newest event ${whole(silence)}s ago`
  const isFine = `${topic} has ${counted(found.partitions, 'partition')} and ${counted(fewest, 'replica')}${newest}${besides}`
  return conclude('topic', findings.length === 0 ? [{ status: 'ok', text: isFine }] : findings, measures)
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

const whole = (milliseconds: number | undefined = 0): number => Math.floor(milliseconds / 1000)

/** Offsets looked back through at first: the last of them may be a transaction's markers. */
const LOOK_BACK = 10n
/** Offsets of a partition looked back through at most. */
const MAX_LOOK_BACK = 10_000n

interface Newest {
  /** Milliseconds since the newest record was written that has a time and is not dated in the future. */
  readonly silence: number | undefined
  /** How many of those looked at are dated in the future. */
  readonly ahead: number
  readonly isEmpty: boolean
  /** Why some of the records looked at cannot be read. */
  readonly unreadable: string | undefined
  /** Where transactions are open, whose events are not committed yet. */
  readonly open: readonly string[]
}

/** A partition and how far it was looked through from its end. */
interface LookedThrough {
  readonly partition: number
  readonly start: bigint
  readonly end: bigint
  /** The first offset that was read. */
  from: bigint
  hasAge: boolean
}

/**
 * Looks at the end of each partition. Where nothing there is new enough, timestamps may be out of order, or dated in the
 * future: looks farther back through partitions that hold a record of the time that is allowed, or that gave no age.
 */
async function newestOf(bus: EventBus, { topic, maxSilence = 0, now, signal }: TopicExpectation): Promise<Newest> {
  const ranges = await bus.log.ranges(topic)
  const clock = now()
  let silence: number | undefined
  let ahead = 0
  let isEmpty = true
  let unreadable: string | undefined
  const leaveOut = ({ reason }: LeftOut) => {
    isEmpty = false
    unreadable ??= reason
  }
  const looked = new Map(
    ranges.map(({ partition, start, ...ends }): [number, LookedThrough] => {
      const end = stableEndOf(ends)
      return [partition, { partition, start, end, from: end, hasAge: false }]
    }),
  )
  /** Records before these offsets are older than is allowed. */
  let allowedFrom: ReadonlyMap<number, bigint> | undefined
  for (let back = LOOK_BACK; back <= MAX_LOOK_BACK; back *= 10n) {
    const slices: (LogSlice & { to: bigint })[] = []
    for (const one of looked.values()) {
      const { partition, start, end, from: to, hasAge } = one
      if (hasAge && to <= (allowedFrom?.get(partition) ?? end)) continue
      const from = end - back > start ? end - back : start
      one.from = from
      if (from < to) slices.push({ topic, partition, from, to })
    }
    if (slices.length === 0) break
    for await (const batch of readOver(bus.log, slices, { signal }, leaveOut)) {
      for (const { partition, timestamp } of batch) {
        isEmpty = false
        if (aheadOf(timestamp, clock) !== undefined) ahead += 1
        const age = ageOf(timestamp, clock)
        if (age === undefined) continue
        const own = looked.get(partition)
        if (own !== undefined) own.hasAge = true
        if (age < (silence ?? Number.POSITIVE_INFINITY)) silence = age
      }
    }
    if (silence !== undefined && silence <= maxSilence) break
    allowedFrom ??= await bus.log.offsetsAt(topic, BigInt(Math.floor(clock - maxSilence)))
  }
  const open = ranges.flatMap(({ partition, lastStable }) =>
    lastStable === undefined ? [] : [`${partitionName({ topic, partition })} at offset ${lastStable}`],
  )
  return { silence, ahead, isEmpty, unreadable, open }
}
