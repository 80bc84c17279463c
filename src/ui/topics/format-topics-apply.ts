import { compareText } from '../../bus/compare.ts'
import type { TopicsApplyPlan } from '../../operations/topics/apply.ts'
import type { ExpectedDeletion } from '../../operations/topics/expected-deletions.ts'
import { formatDeletion } from '../notes/deletion-notes.ts'
import { topicsApplyNoteText } from '../notes/topic-notes.ts'
import { formatDuration } from '../text/format-duration.ts'
import { sharedLines } from '../text/listed.ts'
import { printable } from '../text/printable.ts'
import { formatTable } from '../text/table.ts'

/** Formats a plan for declared topics: every topic with its action, then the notes. */
export function formatTopicsApply(
  { create, change, same, notes }: TopicsApplyPlan,
  deletions: readonly ExpectedDeletion[],
  width: number | undefined,
): string {
  const rows = [
    ...create.map(({ topic, partitions, replication, retention }) => {
      const settings = [
        ...(partitions === undefined ? [] : [`partitions ${partitions}`]),
        ...(replication === undefined ? [] : [`replication ${replication}`]),
        ...(retention === undefined ? [] : [`retention ${formatDuration(retention)}`]),
      ]
      return [topic, 'create', settings.join(', ')]
    }),
    ...change.map(({ topic, partitions, retention }) => {
      const settings = [
        ...(partitions === undefined ? [] : [`partitions ${partitions.from} → ${partitions.to}`]),
        ...(retention === undefined ? [] : [`retention ${time(retention.from)} → ${time(retention.to)}`]),
      ]
      return [topic, 'change', settings.join(', ')]
    }),
    ...same.map((topic) => [topic, 'as-declared', '']),
  ].sort(([a = ''], [b = '']) => compareText(a, b))
  const noted = notes.map((note) => ({ name: note.topic, line: topicsApplyNoteText(note) }))
  const lines = [...sharedLines(noted).map((note) => `note: ${printable(note)}\n`), ...deletions.map(formatDeletion)]
  return `${formatTable(['TOPIC', 'ACTION', 'SETTINGS'], rows, width)}${lines.length === 0 ? '' : `\n${lines.join('')}`}`
}

/** Formats the value of `retention.ms`: milliseconds as text, -1 for unlimited, absent for the cluster's default. */
function time(milliseconds: string | undefined): string {
  if (milliseconds === undefined) return 'the default'
  const length = Number(milliseconds)
  if (length < 0) return 'unlimited'
  return Number.isFinite(length) ? formatDuration(length) : milliseconds
}
