import { partitionName, positionName } from '../../bus/names/names.ts'
import type { ImportPlan } from '../../operations/transfer/import/plan.ts'
import type { Difference, Verified } from '../../operations/transfer/import/verify.ts'
import type { TimeZone } from '../text/format-time.ts'
import { counted, plural } from '../text/listed.ts'
import { printable } from '../text/printable.ts'
import { formatTable } from '../text/table.ts'
import { formatSpan, spanDocument } from './format-export.ts'

/** Formats a plan to import files: each topic, then the files with what is damaged in them. */
export function formatImport(plan: ImportPlan, timeZone: TimeZone, width: number | undefined): string {
  const { topics, files, tally, continues } = plan
  const table = formatTable(
    ['TOPIC', 'PARTITIONS', 'RECORDS', 'IN-TOPIC'],
    topics.map(({ topic, partitions, records, isNew, existing }) => [
      topic,
      partitions,
      records,
      isNew ? 'new' : existing,
    ]),
    width,
  )
  const damaged = files.flatMap(({ path, damage }) =>
    damage.map(
      ({ position, reason }) => `warning: ${printable(`${path} is damaged at byte ${position}: ${reason}`)}\n`,
    ),
  )
  const partial = files.filter(({ format, end }) => format === 'frames' && end?.complete !== true)
  return [
    table,
    `\n${plural(tally.records, 'record')} in ${counted(
      files.map(({ path }) => printable(path)),
      'file',
    )}${formatSpan(tally, timeZone)}\n`,
    ...partial.map(
      ({ path }) => `note: ${printable(path)} is an export that was interrupted, so it lacks the last records\n`,
    ),
    ...(continues === undefined
      ? []
      : [
          'note: this continues an import that was interrupted; the records that are in the topics already are left out\n',
        ]),
    ...damaged,
  ].join('')
}

/** Returns the question that a user answers before the records are appended. */
export function importQuestion({ tally, topics, bus, continues }: ImportPlan): string {
  const created = topics.filter(({ isNew }) => isNew).map(({ topic }) => topic)
  const creating = created.length === 0 ? '' : `, creating ${counted(created, 'topic')}`
  const verb = continues === undefined ? 'Import' : 'Continue to import'
  return `${verb} ${plural(tally.records, 'record')} to ${counted(
    topics.map(({ topic }) => topic),
    'topic',
  )} on ${bus.kind}${creating}?`
}

/** Returns the plan as in `--json`. */
export const importDocument = ({ files, topics, tally, continues }: ImportPlan) => ({
  files: files.map(({ path, format, tally: { records }, end, damage }) => ({
    ...{ path, format, records },
    complete: format === 'ndjson' || end?.complete === true,
    damage: damage.map(({ position, reason }) => ({ position, reason })),
  })),
  topics: topics.map(({ partitions, ...topic }) => ({ ...topic, partitionCount: partitions })),
  records: tally.records,
  ...spanDocument(tally),
  continues: continues !== undefined,
})

/** Formats the result of a comparison: a line for each partition that differs, or one line. */
export function formatVerified({ equal, differences }: Verified): string {
  if (differences.length === 0) return `verified: ${plural(equal, 'record')} in the topics, equal byte for byte`
  return differences.map((difference) => printable(differenceText(difference))).join('\n')
}

/** Returns the sentence of a difference. */
function differenceText({ topic, partition, code, position, offset = -1n, field }: Difference): string {
  switch (code) {
    case 'missing':
      return `${partitionName({ topic, partition })} ends before the record at ${position} of the source`
    case 'extra':
      return `${positionName({ topic, partition, offset })} is not in the source`
    case 'different':
      return `${positionName({ topic, partition, offset })} has another ${field} than the record at ${position} of the source`
  }
}

/** Returns the result of a comparison as in `--json`. */
export const verifiedDocument = ({ equal, differences }: Verified) => ({
  equal,
  differences: differences.map((difference) => ({ ...difference, message: differenceText(difference) })),
})
