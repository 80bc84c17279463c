import type { SchemaCheck } from '../../operations/schemas/check.ts'
import { plural } from '../text/listed.ts'
import { printable } from '../text/printable.ts'
import { formatTable } from '../text/table.ts'

/** Formats a check: a table of the event types, the findings with the position of their first occurrence, the number of records. */
export function formatSchemaCheck(report: SchemaCheck, width: number | undefined): string {
  const { topic, types, recordCount, undecodableCount, tombstoneCount } = report
  const rows = types.map(({ eventType, decoded, failed, warned }) => [eventType, decoded, failed, warned])
  const extra = [
    ...(undecodableCount > 0 ? [`${undecodableCount} without a readable envelope`] : []),
    ...(tombstoneCount > 0 ? [plural(tombstoneCount, 'tombstone')] : []),
  ]
  const total = `${[`${plural(recordCount, 'record')} of ${printable(topic)}`, ...extra].join(', ')}\n`
  const findings = types.flatMap(({ eventType, findings }) =>
    findings.map(({ partition, offset, path, reason, count }) => {
      const position = `${partition}@${offset}${count > 1 ? ` and ${count - 1} more` : ''}`
      return `${printable(`${eventType} ${position}: ${path === '' ? '' : `${path}: `}${reason}`)}\n`
    }),
  )
  const table = rows.length === 0 ? [] : [formatTable(['EVENT-TYPE', 'DECODED', 'FAILED', 'WARNED'], rows, width)]
  return [...table, ...(findings.length > 0 ? [findings.join('')] : []), total].join('\n')
}
