import { EventBusError } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { operationHints } from '../hints.ts'
import { type DeclaredTopic, planTopicsApply } from '../topics/apply.ts'
import { error, type Finding, ok, warning } from './finding.ts'

/** Compares the declared topics with those of the bus, as the plan to apply them does. Only reads. */
export async function judgeTopics(
  bus: EventBus,
  declared: ReadonlyMap<string, DeclaredTopic>,
): Promise<readonly Finding[]> {
  if (declared.size === 0) return []
  const apply = [operationHints.applyTopics()]
  try {
    const { create, change, notes } = await planTopicsApply(bus, declared)
    const findings: Finding[] = []
    for (const { topic } of create) findings.push(warning({ code: 'declared-topic-missing', topic }, apply))
    for (const { topic, partitions, retention } of change) {
      if (partitions !== undefined) {
        const { from, to } = partitions
        findings.push(warning({ code: 'partitions-differ', topic, is: `${from}`, expected: `${to}` }, apply))
      }
      if (retention !== undefined) {
        const { from, to } = retention
        findings.push(warning({ code: 'retention-differs', topic, is: from, expected: to }, apply))
      }
    }
    for (const note of notes) {
      const { topic } = note
      if (note.code === 'fewer-partitions-declared') {
        const [is, expected] = [`${note.partitionCount}`, `${note.declared}`]
        const hints = [operationHints.declarePartitions(note.partitionCount)]
        findings.push(warning({ code: 'partitions-differ', topic, is, expected }, hints))
      } else if (note.code === 'replication-differs') {
        const [is, expected] = [`${note.replication}`, `${note.declared}`]
        const hints = [operationHints.declareReplicas(note.replication)]
        findings.push(warning({ code: 'replication-differs', topic, is, expected }, hints))
      }
    }
    return findings.length > 0 ? findings : [ok({ code: 'topics-as-declared', topics: [...declared.keys()] })]
  } catch (thrown) {
    if (!(thrown instanceof EventBusError)) throw thrown
    const { code, message: reason, hints } = thrown
    return [error({ code: code === 'REFUSED' ? 'declaration-impossible' : 'topics-unchecked', reason }, hints)]
  }
}
