import type { TopicPartition } from '../../bus/admin.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { isGlob } from '../events/glob.ts'
import { type LagRequest, measureLag } from '../lag/lag.ts'
import type { GroupLag, PartitionLag } from '../lag/report.ts'
import {
  type Check,
  conclude,
  exceeded,
  type Finding,
  inSeconds,
  type Measure,
  type OpenTransactionAt,
} from './check.ts'

/** Limits of a check. Exceeding a `max` is critical, exceeding a `warn` is a warning. */
export interface LagLimits {
  readonly maxEvents?: number | undefined
  /** Age of the oldest waiting event, in milliseconds. */
  readonly maxAge?: number | undefined
  readonly warnEvents?: number | undefined
  /** Age of the oldest waiting event, in milliseconds. */
  readonly warnAge?: number | undefined
}

/** Compares the lag of groups with limits. A value equal to a limit does not exceed it. */
export async function checkLag(bus: EventBus, request: LagRequest & LagLimits): Promise<Check> {
  const { groups } = await measureLag(bus, request)
  const topics = request.topics ?? []
  const measured = new Set(groups.map(({ group }) => group))
  // measureLag throws for a named group that does not exist, so a group missing from its report does not use the topics.
  const absent = (request.groups ?? []).filter((name) => !isGlob(name) && !measured.has(name))
  const findings: Finding[] = [
    ...groups.flatMap((group) => lagFindings(group, request)),
    ...absent.map((group): Finding => ({ status: 'unknown', code: 'group-without-topics', group, topics })),
  ]
  return conclude(
    'lag',
    findings.length === 0 ? [{ status: 'unknown', code: 'no-group-matches', topics }] : findings,
    groups.flatMap((group) => lagMeasures(group, request)),
  )
}

type NamedPartition = TopicPartition & PartitionLag

/** Returns only the topic and the number of a partition, without its lag. */
const referenceOf = ({ topic, partition }: TopicPartition): TopicPartition => ({ topic, partition })

function lagFindings({ group, lag, counts = 'records', gone, age, topics }: GroupLag, limits: LagLimits): Finding[] {
  const partitions = topics.flatMap(({ topic, partitions: own }) => own.map((partition) => ({ topic, ...partition })))
  const withVerdict = (verdict: string) => partitions.filter((own) => own.verdict === verdict).map(referenceOf)
  const outside = withVerdict('beyond-the-log')
  const findings: Finding[] =
    outside.length === 0
      ? []
      : [{ status: 'critical', code: 'committed-outside-log', group, partitions: outside, gone }]
  if (lag === undefined) {
    return outside.length === 0 ? [{ status: 'unknown', code: 'never-committed', group }] : findings
  }
  const transactions = transactionsIn(partitions)
  const { warnEvents, maxEvents, warnAge, maxAge } = limits
  const tooMany = exceeded(Number(lag), { warn: warnEvents, max: maxEvents })
  if (tooMany) findings.push({ code: 'lag-above-limit', group, lag, counts, transactions, ...tooMany })
  const oldest = inSeconds(age)
  const tooOld = exceeded(oldest ?? 0, { warn: inSeconds(warnAge), max: inSeconds(maxAge) })
  if (tooOld) findings.push({ code: 'age-above-limit', group, age: oldest ?? 0, transactions, ...tooOld })
  const unknownAge = warnAge === undefined && maxAge === undefined ? undefined : ageUnknown(group, partitions)
  if (unknownAge) findings.push(unknownAge)
  if (findings.length > 0) return findings
  const uncommitted = withVerdict('never-committed')
  return [{ status: 'ok', code: 'lag-within-limits', group, lag, counts, age: oldest, transactions, uncommitted }]
}

/** Returns the open transactions that hold the group back if its consumers read only committed records. */
const transactionsIn = (partitions: readonly NamedPartition[]): OpenTransactionAt[] =>
  partitions.flatMap(({ topic, partition, transaction }) =>
    transaction === undefined ? [] : [{ topic, partition, ...transaction }],
  )

/** Returns a finding if the first waiting event of a partition has no known age to compare with a limit. */
function ageUnknown(group: string, partitions: readonly NamedPartition[]): Finding | undefined {
  const undated = partitions.filter(({ lag = 0n, age }) => lag > 0n && age === undefined)
  if (undated.length === 0) return undefined
  const reason = undated.some(({ unreadable }) => unreadable !== undefined)
    ? 'unreadable'
    : undated.some(({ ahead }) => ahead !== undefined)
      ? 'future-timestamp'
      : 'no-timestamp'
  return { status: 'unknown', code: 'age-unknown', group, partitions: undated.map(referenceOf), reason }
}

function lagMeasures({ group, lag, age = 0 }: GroupLag, limits: LagLimits): Measure[] {
  if (lag === undefined) return []
  const { maxEvents: max, warnEvents: warn, maxAge, warnAge } = limits
  const labels = { group }
  return [
    { name: 'lag_events', labels, value: Number(lag), unit: '', warn, max },
    { name: 'lag_seconds', labels, value: age / 1000, unit: 's', warn: inSeconds(warnAge), max: inSeconds(maxAge) },
  ]
}
