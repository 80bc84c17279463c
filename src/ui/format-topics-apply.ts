import type { TopicsApplyPlan } from '../operations/topics/apply.ts'
import { formatDuration } from './text/format-duration.ts'
import { printable } from './text/printable.ts'
import { formatTable } from './text/table.ts'

/** A plan for declared topics: every one, what becomes of it, and what to know. */
export function formatTopicsApply({ create, change, same, notes }: TopicsApplyPlan): string {
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
  ].sort(([a = ''], [b = '']) => (a < b ? -1 : 1))
  const lines = notes.map(({ topic, note }) => `note: ${printable(topic)}: ${note}\n`)
  return `${formatTable(['TOPIC', 'ACTION', 'SETTINGS'], rows)}${lines.length === 0 ? '' : `\n${lines.join('')}`}`
}

/** As Kafka keeps it: milliseconds as text, -1 for ever, nothing for what the cluster has. */
function time(milliseconds: string | undefined): string {
  if (milliseconds === undefined) return 'the default'
  const length = Number(milliseconds)
  if (length < 0) return 'for ever'
  return Number.isFinite(length) ? formatDuration(length) : milliseconds
}
