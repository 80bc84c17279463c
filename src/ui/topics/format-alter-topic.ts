import type { AlterTopicPlan } from '../../operations/topics/alter.ts'
import { formatDeletion } from '../notes/deletion-notes.ts'
import { listed } from '../text/listed.ts'
import { printable } from '../text/printable.ts'
import { formatTable } from '../text/table.ts'

/** The most settings that the line about unchanged settings names. */
const MAX_NAMES = 10

/** Formats a change of settings: each setting with its value and source now and afterwards, then what the change deletes. */
export function formatAlterTopic(
  { topic, changes, same, deletions }: AlterTopicPlan,
  width: number | undefined,
): string {
  const head = `TOPIC  ${printable(topic)}\n`
  const rows = changes.map(({ name, from, fromSource, to, toSource }) => [
    ...[name, from ?? '', fromSource],
    ...[to ?? '', toSource],
  ])
  const table = rows.length === 0 ? [] : [formatTable(['SETTING', 'FROM', 'SOURCE', 'TO', 'NEW-SOURCE'], rows, width)]
  const notes = [
    ...(same.length === 0 ? [] : [`no change needed: ${printable(listed(same, MAX_NAMES))}\n`]),
    ...deletions.map(formatDeletion),
  ]
  return [head, ...table, ...(notes.length === 0 ? [] : [notes.join('')])].join('\n')
}
