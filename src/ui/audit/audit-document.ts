import { toJsonTime } from '../../bus/time/json-time.ts'
import type { Repaired, RepairPlan } from '../../operations/audit/repair.ts'
import type { AuditExample, AuditFinding, AuditReport } from '../../operations/audit/report.ts'
import { auditFindingText, auditNoteText } from './audit-text.ts'

/** The positions that a document lists; a repair may publish more. */
const MAX_POSITIONS = 100

/** Returns a time as in JSON documents: RFC 3339, or a number outside the years 1 to 9999, or null without a time. */
const time = (milliseconds: number) => toJsonTime(BigInt(Math.trunc(milliseconds)))

const exampleDocument = ({ time: at, ...example }: AuditExample) => ({ ...example, time: time(at) })

const findingDocument = (finding: AuditFinding) => {
  const { oldest, newest, examples, ranges, ...rest } = finding
  return {
    ...rest,
    message: auditFindingText(finding),
    ...(oldest === undefined ? {} : { oldest: time(oldest) }),
    ...(newest === undefined ? {} : { newest: time(newest) }),
    examples: examples.map(exampleDocument),
    ...(ranges === undefined ? {} : { ranges }),
  }
}

/** Returns the JSON document of an audit. */
export const auditDocument = ({ until, topics, findings, notes }: AuditReport) => ({
  until: time(until),
  topics: topics.map(({ since, waitingSince, ...topic }) => ({
    ...topic,
    ...(since === undefined ? {} : { since: time(since) }),
    ...(waitingSince === undefined ? {} : { waitingSince: time(waitingSince) }),
  })),
  findings: findings.map(findingDocument),
  notes: notes.map((note) => ({
    ...note,
    ...('since' in note ? { since: time(note.since) } : {}),
    message: auditNoteText(note, 'utc'),
  })),
})

/** Returns the plan of a repair for the document of an audit. */
export const repairDocument = ({ steps, eventCount }: RepairPlan) => ({
  eventCount,
  steps: steps.map(({ oldest, newest, ...step }) => ({ ...step, oldest: time(oldest), newest: time(newest) })),
})

/** Returns the result of a repair for the document of an audit. */
export const repairedDocument = ({ positions, skipped }: Repaired) => ({
  publishedCount: positions.length,
  skippedCount: skipped,
  positions: positions.slice(0, MAX_POSITIONS),
})
