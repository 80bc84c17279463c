import type { EventBus } from '../bus/event-bus.ts'
import { placeOf } from '../bus/names.ts'
import { isGlob } from './glob.ts'
import { type GroupLag, type LagRequest, measureLag } from './lag.ts'

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

function lagFindings({ group, lag, age, topics }: GroupLag, limits: LagLimits): Finding[] {
  const partitions = topics.flatMap(({ topic, partitions: own }) => own.map((place) => ({ topic, ...place })))
  const named = (verdict: string) => partitions.filter((place) => place.verdict === verdict).map(placeOf)
  const findings: Finding[] = []
  const outside = named('beyond-the-log')
  if (outside.length > 0) {
    findings.push({ status: 'critical', text: `${group} committed outside the log of ${someOf(outside)}` })
  }
  if (lag === undefined) {
    if (outside.length === 0) findings.push({ status: 'unknown', text: `${group} has committed nothing` })
    return findings
  }
  const never = named('never-committed')
  const besides = never.length === 0 ? '' : `, nothing committed on ${someOf(never)}`
  const seconds = age === undefined ? undefined : Math.floor(age / 1000)
  const oldest = seconds === undefined ? '' : `, the oldest ${seconds}s old`
  const waiting = `${counted(Number(lag), 'event')} waiting`
  const broken = [
    broke(Number(lag), limits.warnEvents, limits.maxEvents, (limit) => `${waiting}, above ${limit}`),
    broke(age ?? 0, limits.warnAge, limits.maxAge, (limit) => `the oldest ${seconds}s old, above ${limit / 1000}s`),
  ].flatMap((finding) => finding ?? [])
  findings.push(...broken.map(({ status, text }) => ({ status, text: `${group}: ${text}` })))
  if (findings.length === 0) findings.push({ status: 'ok', text: `${group}: ${waiting}${oldest}${besides}` })
  return findings
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
  if (maxSilence !== undefined) {
    silence = await silenceOf(bus, expected)
    const finding =
      silence === undefined
        ? ({ status: 'critical', text: `${topic} holds no events` } as const)
        : broke(silence, undefined, maxSilence, (limit) => {
            return `${topic} had its newest event ${whole(silence)}s ago, above ${limit / 1000}s`
          })
    if (finding !== undefined) findings.push(finding)
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
  const isFine = `${topic} has ${counted(found.partitions, 'partition')} and ${counted(fewest, 'replica')}${newest}`
  return conclude('topic', findings.length === 0 ? [{ status: 'ok', text: isFine }] : findings, measures)
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

const whole = (milliseconds: number | undefined = 0): number => Math.floor(milliseconds / 1000)

/** Offsets looked back through: the last of them may be a transaction's markers. */
const LOOK_BACK = 10n

/** Milliseconds since the newest record was written; `undefined` when there is none. */
async function silenceOf(bus: EventBus, { topic, now, signal }: TopicExpectation): Promise<number | undefined> {
  const ranges = await bus.log.ranges(topic)
  const slices = ranges
    .filter(({ start, end }) => start < end)
    .map(({ partition, start, end }) => {
      return { topic, partition, from: end - LOOK_BACK > start ? end - LOOK_BACK : start, to: end }
    })
  let newest = -1n
  for await (const batch of bus.log.read(slices, { signal })) {
    for (const { timestamp } of batch) if (timestamp > newest) newest = timestamp
  }
  return newest < 0n ? undefined : Math.max(0, now() - Number(newest))
}
