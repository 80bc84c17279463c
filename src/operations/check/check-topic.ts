import type { EventBus } from '../../bus/event-bus.ts'
import { whyMissing } from '../topics/why-missing.ts'
import { type Check, conclude, exceeded, type Finding, inSeconds, type Measure } from './check.ts'
import { type NewestEvents, readNewestEvents } from './newest-events.ts'

/** The expected state of a topic. An absent value is not checked. */
export interface TopicExpectation {
  readonly topic: string
  readonly partitions?: number | undefined
  readonly replication?: number | undefined
  /** Maximum number of milliseconds since the newest event was written. */
  readonly maxSilence?: number | undefined
  readonly now: () => number
  readonly signal: AbortSignal
}

/** Checks that a topic exists, has the expected number of partitions and replicas, and still receives events. */
export async function checkTopicState(bus: EventBus, expected: TopicExpectation): Promise<Check> {
  const { topic, partitions, replication, maxSilence } = expected
  if (!(await bus.admin.listTopics()).some((known) => known.topic === topic)) {
    const why = await whyMissing(bus, topic)
    if (why.code !== 'TOPIC_NOT_FOUND') throw why
    return conclude('topic', [{ status: 'critical', code: 'topic-missing', topic }], [])
  }
  const { layout, ...found } = await bus.admin.describeTopic(topic)
  const replicas = layout.reduce((fewest, own) => Math.min(fewest, own.replicas.length), Number.POSITIVE_INFINITY)
  const findings: Finding[] = []
  const compare = (code: 'partitions-differ' | 'replication-differs', is: number, wanted: number | undefined) => {
    if (wanted === undefined || is === wanted) return
    findings.push({ status: 'critical', code, topic, is, expected: wanted })
  }
  compare('partitions-differ', found.partitions, partitions)
  compare('replication-differs', replicas, replication)
  const outOfSync = layout.filter((own) => own.inSync.length < own.replicas.length).length
  if (replication !== undefined && outOfSync > 0) {
    findings.push({ status: 'warning', code: 'replicas-out-of-sync', topic, partitionCount: outOfSync })
  }
  const measures: Measure[] = [
    { name: 'topic_partitions', labels: { topic }, value: found.partitions, unit: '' },
    { name: 'topic_replicas', labels: { topic }, value: replicas, unit: '' },
  ]
  const newest = maxSilence === undefined ? undefined : await readNewestEvents(bus, { ...expected, maxSilence })
  if (newest !== undefined && maxSilence !== undefined) {
    const finding = silenceFinding(topic, maxSilence, newest)
    if (finding !== undefined) findings.push(finding)
    if (newest.silence !== undefined) {
      const [value, max] = [newest.silence / 1000, maxSilence / 1000]
      measures.push({ name: 'topic_silence_seconds', labels: { topic }, value, unit: 's', max })
    }
  }
  const asExpected: Finding = {
    status: 'ok',
    code: 'topic-as-expected',
    topic,
    partitionCount: found.partitions,
    replication: replicas,
    silence: inSeconds(newest?.silence),
    aheadCount: newest?.aheadCount,
  }
  return conclude('topic', findings.length === 0 ? [asExpected] : findings, measures)
}

/** Returns the finding about the newest events of a topic; `undefined` if the newest event is recent enough. */
function silenceFinding(
  topic: string,
  maxSilence: number,
  { silence, aheadCount, isEmpty, unreadable, transactions }: NewestEvents,
): Finding | undefined {
  // Unreadable events may be newer than the readable ones, so the silence may be shorter than it seems.
  const status = unreadable === undefined ? 'critical' : 'unknown'
  if (silence === undefined) {
    if (isEmpty) return { status, code: 'topic-empty', topic, transactions }
    const reason = unreadable !== undefined ? 'unreadable' : aheadCount > 0 ? 'future-timestamp' : 'no-timestamp'
    return { status: 'unknown', code: 'silence-unknown', topic, reason, unreadable, transactions }
  }
  const tooLong = exceeded(silence / 1000, { max: maxSilence / 1000 })
  if (tooLong === undefined) return undefined
  const { limit } = tooLong
  return {
    status,
    code: 'silence-above-limit',
    topic,
    silence: silence / 1000,
    aheadCount,
    limit,
    unreadable,
    transactions,
  }
}
