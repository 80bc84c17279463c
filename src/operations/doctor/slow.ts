import type { EventBus } from '../../bus/event-bus.ts'
import { advice } from '../../bus/hints.ts'
import type { LogSlice } from '../../bus/topic-log.ts'
import { readSkippingUnreadable } from '../events/skip-unreadable.ts'
import { operationHints } from '../hints.ts'
import { measureLag } from '../lag/lag.ts'
import type { GroupLag, PartitionLag } from '../lag/report.ts'
import { error, type Finding, info, ok, warning } from './finding.ts'
import { judgeGroup, judgeWaiting, neverCommitted, type Watched, type WatchRequest } from './group.ts'

/** Fewer waiting events say nothing about their distribution. */
const MIN_WAITING = 20
/** The share of a partition or a key that counts as skewed. */
const MIN_SHARE = 0.5
/** A lag that grows by fewer events while it is sampled may be that of a group that commits once in a while. */
const MIN_GROWTH = 10
/** The most waiting events whose keys are counted. */
const MAX_KEYS = 2000

/** A partition of a topic with its lag. */
type Part = PartitionLag & { readonly topic: string }

/** Finds out why a group lags: measures it twice, and reads the first waiting events. Only reads, and joins no group. */
export async function diagnoseSlowness(bus: EventBus, request: WatchRequest): Promise<readonly Finding[]> {
  const { group, duration, signal } = request
  const { findings, isConsumer } = await judgeGroup(bus, group)
  if (!isConsumer) return findings
  // Each finding names the duration that the user chose, so that it is true of any.
  const measured = { groups: [group], sample: duration, commitInterval: 0, now: request.now, signal }
  const report = await measureLag(bus, measured)
  const [lagging] = report.groups
  if (lagging === undefined || signal.aborted) return findings
  const parts = lagging.topics.flatMap(({ topic, partitions }) => partitions.map((own): Part => ({ topic, ...own })))
  const watched = { group, duration: report.sample ?? duration } as const
  const { members, state } = await bus.admin.describeGroup(group)
  const idle = state === 'Stable' ? members.filter(({ assignment }) => assignment.length === 0) : []
  const found = [...findings, ...judgePositions(group, parts), ...judgeTrend(lagging, parts, watched.duration)]
  if (idle.length > 0) {
    const memberIds = idle.map(({ memberId }) => memberId)
    const hints = [advice('add partitions to the topic, or stop the idle members'), operationHints.showMembers(group)]
    found.push(warning({ code: 'members-idle', ...watched, memberIds, partitionCount: parts.length }, hints))
  }
  return [
    ...found,
    ...(await neverCommitted(bus, watched)),
    ...judgeStalls(parts, watched),
    ...(await judgeWaiting(bus, group, parts.filter(isStalled))),
    ...judgeSkew(lagging, parts, watched),
    ...(await judgeKeys(bus, parts, watched, signal)),
  ]
}

function judgePositions(group: string, parts: readonly Part[]): Finding[] {
  const beyond = parts.filter(({ committed = 0n, end }) => end !== undefined && committed > end)
  if (beyond.length === 0) return []
  const partitions = beyond.map(({ topic, partition }) => ({ topic, partition }))
  const hints = [operationHints.moveGroup(group, beyond[0]?.topic ?? '', 'start')]
  return [error({ code: 'position-beyond-end', group, partitions }, hints)]
}

/** Compares how fast events come with how fast the group commits. */
function judgeTrend(
  { group, lag = 0n, rates, memberCount }: GroupLag,
  parts: readonly Part[],
  duration: number,
): Finding[] {
  if (lag === 0n) return [ok({ code: 'nothing-waits', group, lag })]
  const { in: into = 0, out = 0 } = rates ?? {}
  const trend = { group, duration, lag, in: into, out }
  const growth = ((into - out) * duration) / 1000
  if (growth < MIN_GROWTH) {
    return [out > into ? ok({ code: 'catching-up', ...trend }) : info({ code: 'lag-steady', ...trend })]
  }
  const partitionCount = parts.length
  const canGrow = memberCount < partitionCount
  const hints = canGrow
    ? [advice('start more members'), operationHints.watchGroup(group)]
    : [advice('process events faster, or add partitions and members'), operationHints.watchGroup(group)]
  const findings = [error({ code: 'falling-behind', ...trend }, hints)]
  if (canGrow && memberCount > 0) {
    const fact = { code: 'members-too-few', group, duration, memberCount, partitionCount } as const
    findings.push(warning(fact, [advice(`start up to ${partitionCount - memberCount} more members`)]))
  }
  return findings
}

const isStalled = ({ verdict }: Part): boolean => verdict === 'stalled'

function judgeStalls(parts: readonly Part[], watched: Watched): Finding[] {
  const othersMove = parts.some(({ rates }) => (rates?.out ?? 0) > 0)
  return parts
    .filter(isStalled)
    .map(({ topic, partition, committed: offset = 0n, lag = 0n }) =>
      error({ code: 'partition-stalled', ...watched, topic, partition, offset, lag, othersMove }, [
        operationHints.readRecord(topic, partition, offset),
        advice('check the log of the member for the event that it processes or fails on'),
      ]),
    )
}

/** Reports the partition in which most events wait, if it has more than twice its fair share. */
function judgeSkew({ lag = 0n }: GroupLag, parts: readonly Part[], watched: Watched): Finding[] {
  if (lag < MIN_WAITING) return []
  return parts.flatMap(({ topic, partition, lag: own = 0n }) => {
    const share = Number(own) / Number(lag)
    if (share < MIN_SHARE || share < 2 / parts.length) return []
    const hints = [operationHints.describeTopic(topic), advice('choose a record key that spreads the events evenly')]
    return [warning({ code: 'lag-skewed', ...watched, topic, partition, lag: own, share }, hints)]
  })
}

/** Reports the record key of most waiting events. Events with one key are in one partition, so one member reads them all. */
async function judgeKeys(
  bus: EventBus,
  parts: readonly Part[],
  watched: Watched,
  signal: AbortSignal,
): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const [topic, own] of Map.groupBy(parts, (part) => part.topic)) {
    if (own.length < 2) continue
    const slices = waitingSlices(own)
    const counts = new Map<string, number>()
    let sampled = 0
    for await (const batch of readSkippingUnreadable(bus.log, slices, { signal }, () => {})) {
      for (const { key } of batch) {
        sampled += 1
        if (key === null) continue
        const name = Buffer.from(key).toString()
        counts.set(name, (counts.get(name) ?? 0) + 1)
      }
    }
    const [most] = [...counts].sort(([, a], [, b]) => b - a)
    if (most === undefined || sampled < MIN_WAITING || most[1] < MIN_SHARE * sampled) continue
    const [key, count] = most
    const hints = [advice('choose a record key with more values, such as the id of the aggregate')]
    findings.push(warning({ code: 'key-frequent', ...watched, topic, key, share: count / sampled, sampled }, hints))
  }
  return findings
}

/** Returns the first waiting offsets of each partition, in proportion to their lag. Committed ones only, so that no read waits. */
function waitingSlices(parts: readonly Part[]): (LogSlice & { readonly to: bigint })[] {
  const total = parts.reduce((sum, { lag = 0n }) => sum + Number(lag), 0)
  return parts.flatMap(({ topic, partition, committed, start = 0n, end = 0n, lastStable = end, lag = 0n }) => {
    if (committed === undefined || lag === 0n) return []
    const from = committed < start ? start : committed
    const most = from + BigInt(Math.ceil((Number(lag) / total) * Math.min(total, MAX_KEYS)))
    const to = most < lastStable ? most : lastStable
    return from < to ? [{ topic, partition, from, to }] : []
  })
}
