import { toJsonTime } from '../../bus/time/json-time.ts'
import type { Flow, Topology } from '../../operations/topology/topology.ts'
import { findingText, noteText } from './finding-text.ts'

export type TopologyDocument = ReturnType<typeof topologyDocument>

/** Returns a topology as its JSON document. Findings and notes have their sentences. */
export const topologyDocument = ({ topics, flows, findings, notes }: Topology) => ({
  topics: topics.map(({ topic, isOnBus, isDeclared, sampled, isWhole, types, withoutType, unlisted, readers }) => ({
    topic,
    onBus: isOnBus,
    declared: isDeclared,
    sampled,
    whole: isWhole,
    types: types.map(({ lastSeen, isInSchema, ...type }) => ({
      ...type,
      lastSeen: lastSeen === undefined ? null : toJsonTime(lastSeen),
      inSchema: isInSchema,
    })),
    withoutType,
    unlisted,
    readers,
  })),
  flows: flows.map(({ from, to, count, median, by }: Flow) => ({ from, to, count, median, by })),
  findings: findings.map((finding) => {
    const message = findingText(finding)
    if (finding.code !== 'type-unpublished') return { ...finding, message }
    const { isWhole, ...fact } = finding
    return { ...fact, whole: isWhole, message }
  }),
  notes: notes.map((note) => ({ ...note, message: noteText(note) })),
})
