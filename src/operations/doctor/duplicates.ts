import type { EventBus } from '../../bus/event-bus.ts'
import { advice } from '../../bus/hints.ts'
import type { Position } from '../../bus/record.ts'
import { sleep } from '../../bus/time/sleep.ts'
import { decodeEnvelope } from '../../codecs/envelope.ts'
import { messageId } from '../../codecs/message-id.ts'
import { readSkippingUnreadable } from '../events/skip-unreadable.ts'
import { newestSlices } from '../topics/newest-slices.ts'
import { type Finding, warning } from './finding.ts'
import { judgeGroup, neverCommitted, type WatchRequest } from './group.ts'
import { GroupWatch } from './group-watch.ts'

/** Milliseconds between two samples. Shorter than the rebalance of a classic group, which takes at least a heartbeat. */
const INTERVAL_MS = 500
/** The newest records of a topic that are compared. */
const SAMPLE = 1000

/** Finds out why a group sees events twice: watches its members and commits. Only reads, and joins no group. */
export async function diagnoseDuplicates(bus: EventBus, request: WatchRequest): Promise<readonly Finding[]> {
  const { group, duration, signal } = request
  const { findings, isConsumer, description, committed } = await judgeGroup(bus, group)
  if (!isConsumer) return findings
  const topics = [
    ...new Set(
      [...committed, ...description.members.flatMap(({ assignment }) => assignment)].map(({ topic }) => topic),
    ),
  ].sort()
  const watch = new GroupWatch()
  const began = performance.now()
  // At least two samples, however slow the bus is.
  for (let samples = 1; ; samples += 1) {
    // The ends last, so that a group that commits in between does not seem to have read everything.
    const [{ state, members }, offsets] = await Promise.all([
      bus.admin.describeGroup(group),
      bus.admin.committedOffsets(group),
    ])
    const ends = await bus.log.rangesOf(topics)
    const isWaiting = ({ topic, partition, offset }: Position) =>
      (ends.get(topic)?.find((own) => own.partition === partition)?.end ?? 0n) > offset
    watch.add(performance.now() - began, { state, members, offsets, isWaiting })
    const left = duration - (performance.now() - began)
    if ((left <= 0 && samples > 1) || signal.aborted) break
    await sleep(Math.max(0, Math.min(INTERVAL_MS, left)), signal)
  }
  const watched = { group, duration: Math.round(performance.now() - began) }
  return [
    ...findings,
    ...watch.judge(group, watched.duration),
    ...(await neverCommitted(bus, watched)),
    ...(await judgeRepeats(bus, topics, signal)),
  ]
}

/**
 * Reports events that are in a topic twice. Only events with a timestamp or a causation count: without these, two equal events
 * may be two events.
 */
async function judgeRepeats(bus: EventBus, topics: readonly string[], signal: AbortSignal): Promise<Finding[]> {
  const ranges = await bus.log.rangesOf(topics)
  const findings: Finding[] = []
  for (const topic of topics) {
    const firsts = new Map<string, Position>()
    const repeats: (readonly [Position, Position])[] = []
    let sampled = 0
    const slices = newestSlices(topic, ranges.get(topic) ?? [], SAMPLE)
    for await (const batch of readSkippingUnreadable(bus.log, slices, { signal }, () => {})) {
      for (const { value, partition, offset } of batch) {
        sampled += 1
        const decoded = value === null ? undefined : decodeEnvelope(value)
        const metadata = decoded?.ok ? decoded.event.metadata : undefined
        if (!decoded?.ok || (metadata?.timestamp === undefined && metadata?.causationId === undefined)) continue
        const id = messageId(decoded.event)
        const first = firsts.get(id)
        if (first === undefined) firsts.set(id, { topic, partition, offset })
        else repeats.push([first, { topic, partition, offset }])
      }
    }
    const [positions] = repeats
    if (positions === undefined) continue
    const hints = [
      advice('make the consumers ignore an event whose message id they have seen'),
      advice('check whether the publisher publishes again after a time-out'),
    ]
    findings.push(warning({ code: 'published-twice', topic, count: repeats.length, sampled, positions }, hints))
  }
  return findings
}
