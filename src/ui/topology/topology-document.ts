import { toJsonTime } from '../../bus/time/json-time.ts'
import type { Finding, Flow, Topology } from '../../operations/topology/topology.ts'
import { findingText, noteText } from './finding-text.ts'

export type TopologyDocument = ReturnType<typeof topologyDocument>

/** What to try next: a suggestion of the command line. */
export type TopologySuggestion =
  | { readonly run: string; readonly note?: string | undefined }
  | { readonly flag: string; readonly note?: string | undefined }
  | { readonly hint: string }

/** Returns a topology as its JSON document. Findings and notes have their sentences. `suggest` says what to try next. */
export const topologyDocument = (
  { topics, flows, findings, notes }: Topology,
  suggest: (finding: Finding) => readonly TopologySuggestion[],
) => ({
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
  findings: findings.map((finding) => ({
    ...factsOf(finding),
    message: findingText(finding),
    suggestions: suggest(finding),
  })),
  notes: notes.map((note) => ({ ...note, message: noteText(note) })),
})

/** Renames the flags of a finding as in other documents. */
function factsOf(finding: Finding) {
  if (finding.code === 'topic-missing') {
    const { isInTopics: _, ...fact } = finding
    return fact
  }
  if (finding.code !== 'type-unpublished') return finding
  const { isWhole, ...fact } = finding
  return { ...fact, whole: isWhole }
}
