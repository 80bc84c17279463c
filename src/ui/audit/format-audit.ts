import { Chalk, type ChalkInstance } from 'chalk'
import type { RepairPlan } from '../../operations/audit/repair.ts'
import type { AuditFinding, AuditReport } from '../../operations/audit/report.ts'
import { formatDuration } from '../text/format-duration.ts'
import { formatTime, type TimeZone } from '../text/format-time.ts'
import { plural } from '../text/listed.ts'
import { printable } from '../text/printable.ts'
import { formatTable } from '../text/table.ts'
import { auditFindingText, auditFindingWhy, auditNoteText, exampleText } from './audit-text.ts'

/** The examples of a finding that text shows. `--json` has more. */
const MAX_EXAMPLES = 5
/** The event types of a finding that text shows. */
const MAX_TYPES = 5

const NOTHING_COMPARED = 'nothing was compared: no event of these topics is stored in the time that the bus covers'

interface AuditStyle {
  readonly timeZone: TimeZone
  readonly color: boolean
  /** The width of a terminal; `undefined` without one. */
  readonly width: number | undefined
  /** The findings that do not count. */
  readonly ignored: ReadonlySet<string>
}

/** Formats what an audit found: the figures of each topic, then the findings. */
export function formatAudit(report: AuditReport, { timeZone, color, width, ignored }: AuditStyle): string {
  const chalk = new Chalk({ level: color ? 1 : 0 })
  const table = formatTable(
    ['TOPIC', 'STREAMS', 'STORED', 'PUBLISHED', 'MATCHED', 'IN-OUTBOX', 'WAITING-SINCE', 'YOUNG'],
    report.topics.map(({ topic, streams, stored, published, matched, waitingCount, waitingSince, young }) => [
      topic,
      `${streams}*`,
      stored,
      published,
      matched,
      waitingCount,
      waitingSince === undefined
        ? '-'
        : `${formatDuration(Math.max(0, report.until - waitingSince))} ago`.replace(' ', '-'),
      young,
    ]),
    width,
  )
  const notes = report.notes.map((note) => `note: ${printable(auditNoteText(note, timeZone))}\n`)
  const findings = report.findings.map((finding) => formatFinding(finding, ignored.has(finding.code), chalk, timeZone))
  const parts = [table, ...(notes.length === 0 ? [] : [notes.join('')]), ...findings]
  if (report.findings.length === 0) {
    const isCompared = report.topics.some(({ matched, waitingCount }) => matched + waitingCount > 0)
    parts.push(isCompared ? `${chalk.green('ok')}: the store and the bus agree\n` : `${NOTHING_COMPARED}\n`)
  }
  return parts.join('\n')
}

function formatFinding(finding: AuditFinding, isIgnored: boolean, chalk: ChalkInstance, timeZone: TimeZone): string {
  const { code, count, examples, types, oldest, newest } = finding
  const paint = isIgnored ? chalk.dim : code === 'published-twice' ? chalk.yellow : chalk.red
  const why = auditFindingWhy(finding)
  const span =
    oldest === undefined || newest === undefined || oldest < 0
      ? []
      : [
          `    when: ${oldest === newest ? formatTime(oldest, timeZone) : `${formatTime(oldest, timeZone)} to ${formatTime(newest, timeZone)}`}`,
        ]
  const named = types.slice(0, MAX_TYPES).map((type) => `${type.eventType} ${type.count}`)
  const moreTypes = types.length > MAX_TYPES ? ` and ${plural(types.length - MAX_TYPES, 'more type')}` : ''
  const shown = Math.min(MAX_EXAMPLES, examples.length)
  return [
    `${paint(isIgnored ? `${code} (ignored)` : code)}: ${printable(auditFindingText(finding))}`,
    ...(why === undefined ? [] : [`    why: ${why}`]),
    ...(named.length === 0 ? [] : [`    types: ${printable(named.join(', '))}${moreTypes}`]),
    ...span,
    ...Array.from({ length: shown }, (_, at) => `      ${printable(exampleText(finding, at, timeZone))}`),
    ...(count > shown && shown > 0 ? [`      … and ${count - shown} more`] : []),
    '',
  ].join('\n')
}

/** Formats the plan of a repair. */
export function formatRepair({ steps, eventCount }: RepairPlan, timeZone: TimeZone, width: number | undefined): string {
  if (eventCount === 0) return 'nothing to repair: every stored event is on its topic or in the outbox\n'
  const table = formatTable(
    ['TOPIC', 'EVENTS', 'OLDEST', 'NEWEST', 'OVERTAKEN'],
    steps.map(({ topic, eventCount: count, oldest, newest, overtaken }) => [
      topic,
      count,
      { text: formatTime(oldest, timeZone), paint: (text) => text },
      { text: formatTime(newest, timeZone), paint: (text) => text },
      overtaken,
    ]),
    width,
  )
  const overtaken = steps.reduce((sum, step) => sum + step.overtaken, 0)
  const warning =
    overtaken === 0
      ? ''
      : `\nwarning: a later event of the same stream is already published for ${plural(overtaken, 'event')}, so consumers get them out of order\n`
  return `REPAIR  publishes what was never published, in the order in which it was stored\n\n${table}${warning}`
}

/** Returns the question that a user answers before a repair. */
export const repairQuestion = ({ steps, eventCount, bus }: RepairPlan): string =>
  `Publish ${plural(eventCount, 'stored event')} to ${steps.length === 1 ? steps[0]?.topic : plural(steps.length, 'topic')} on ${bus.kind}?`
