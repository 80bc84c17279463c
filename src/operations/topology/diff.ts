import { compareText } from '../../bus/compare.ts'
import type { Consumer, TopologySnapshot } from './snapshot.ts'
import type { TypeOfTopic } from './topology.ts'

/** What was added or removed. `breaks`: it was removed, and something may depend on it. */
export type TopologyChange = { readonly change: 'added' | 'removed'; readonly breaks: boolean } & (
  | { readonly kind: 'topic'; readonly topic: string }
  | ({ readonly kind: 'type' } & TypeOfTopic)
  | ({ readonly kind: 'consumer' } & Consumer)
  | { readonly kind: 'flow'; readonly from: TypeOfTopic; readonly to: TypeOfTopic }
)

/**
 * Compares two topologies: the changes that break something first. A removed flow breaks nothing, because it may only be rare. What
 * follows from another change is left out: the types, consumers and flows of a topic that was added or removed.
 */
export function diffTopologies(before: TopologySnapshot, after: TopologySnapshot): readonly TopologyChange[] {
  const removed = changesFrom(before, after, 'removed')
  const added = changesFrom(after, before, 'added')
  return [...removed.filter(({ breaks }) => breaks), ...removed.filter(({ breaks }) => !breaks), ...added]
}

/** Returns what one topology has and the other one lacks. */
function changesFrom(
  having: TopologySnapshot,
  lacking: TopologySnapshot,
  change: 'added' | 'removed',
): readonly TopologyChange[] {
  const types = new Set(lacking.types.map(typeKey))
  const consumers = new Set(lacking.consumers.map(consumerKey))
  const flows = new Set(lacking.flows.map(flowKey))
  const missing = [...having.topics].filter((topic) => !lacking.topics.has(topic)).sort(compareText)
  const isHidden = (topic: string) => having.hidden.has(topic) || lacking.hidden.has(topic)
  const isGone = (topic: string) => missing.includes(topic)
  const mark = <Own extends object>(own: Own, breaks: boolean) => ({
    change,
    breaks: breaks && change === 'removed',
    ...own,
  })
  const lackedTypes = having.types.filter((type) => !types.has(typeKey(type)))
  const lackedKeys = new Set(lackedTypes.map(typeKey))
  const lackedReaders = having.consumers.filter(
    (one) => one.eventType === undefined && !consumers.has(consumerKey(one)),
  )
  const readerKeys = new Set(lackedReaders.map(consumerKey))
  return [
    ...missing.map((topic) => mark({ kind: 'topic' as const, topic }, true)),
    ...lackedTypes.filter(({ topic }) => !isGone(topic)).map((type) => mark({ kind: 'type' as const, ...type }, true)),
    ...having.consumers
      .filter((one) => {
        const { topic, eventType, consumer } = one
        if (isGone(topic) || isHidden(topic) || consumers.has(consumerKey(one))) return false
        if (eventType === undefined) return true
        return !lackedKeys.has(typeKey({ topic, eventType })) && !readerKeys.has(consumerKey({ topic, consumer }))
      })
      .map((one) => mark({ kind: 'consumer' as const, ...one }, true)),
    ...having.flows
      .filter((flow) => {
        const ends = [flow.from, flow.to]
        return !flows.has(flowKey(flow)) && !ends.some((end) => isGone(end.topic) || lackedKeys.has(typeKey(end)))
      })
      .map((flow) => mark({ kind: 'flow' as const, ...flow }, false)),
  ]
}

const typeKey = ({ topic, eventType }: TypeOfTopic): string => JSON.stringify([topic, eventType])
const consumerKey = ({
  topic,
  eventType = null,
  consumer,
}: Omit<Consumer, 'eventType'> & { readonly eventType?: string | null | undefined }): string =>
  JSON.stringify([topic, eventType, consumer])
const flowKey = ({ from, to }: TopologySnapshot['flows'][number]): string => `${typeKey(from)} ${typeKey(to)}`
