import { toJsonTime } from '../../bus/time/json-time.ts'
import type { ExportedFile } from '../../operations/transfer/export/exported-files.ts'
import type { Tally } from '../../operations/transfer/tally.ts'
import { formatBytes } from '../text/format-bytes.ts'
import type { TimeZone } from '../text/format-time.ts'
import { formatTimestamp } from '../text/format-timestamp.ts'
import { plural } from '../text/listed.ts'
import { printable } from '../text/printable.ts'
import { formatTable } from '../text/table.ts'

/** What an export wrote. */
export interface Exported {
  readonly files: readonly ExportedFile[]
  readonly tally: Pick<Tally, 'records' | 'partitions' | 'earliest' | 'latest'>
  /** The number of records that were in the files before. */
  readonly before: number
  /** False if the export was interrupted. */
  readonly complete: boolean
}

/** Formats what an export wrote: the partitions, the time span, the files. */
export function formatExported({ files, tally, before }: Exported, timeZone: TimeZone): string {
  const { records, partitions } = tally
  const added = before === 0 ? '' : ` (${records - before} of them new)`
  return [
    formatTable(
      ['TOPIC', 'PARTITION', 'RECORDS', 'LAST-OFFSET'],
      partitions.map(({ topic, partition, records: count, last }) => [topic, partition, count, last]),
    ),
    `\n${plural(records, 'record')}${added}${formatSpan(tally, timeZone)}\n`,
    ...files.map(({ path, bytes }) => `wrote ${printable(path)} (${formatBytes(bytes)})\n`),
  ].join('')
}

/** Formats the time span of records: `, from … to …`; empty if no record has a timestamp. */
export function formatSpan({ earliest, latest }: Pick<Tally, 'earliest' | 'latest'>, timeZone: TimeZone): string {
  if (earliest === undefined || latest === undefined) return ''
  return `, from ${formatTimestamp(earliest, timeZone)} to ${formatTimestamp(latest, timeZone)}`
}

/** Returns the answer of an export as in `--json`. */
export const exportDocument = ({ files, tally, before, complete }: Exported) => ({
  files,
  records: tally.records,
  ...spanDocument(tally),
  partitions: tally.partitions,
  resumedFrom: before,
  complete,
})

/** Returns the time span of records as in `--json`. */
export const spanDocument = ({ earliest, latest }: Pick<Tally, 'earliest' | 'latest'>) => ({
  earliest: earliest === undefined ? null : toJsonTime(earliest),
  latest: latest === undefined ? null : toJsonTime(latest),
})
