import { advice } from '../../bus/hints.ts'
import type { FileProbe } from '../../bus/probe.ts'
import { operationHints } from '../hints.ts'
import { error, type Finding, info, ok, warning } from './finding.ts'

/** Less free space is reported: SQLite needs room for its log beside the file. */
const MIN_FREE_BYTES = 100 * 1024 * 1024

/** Judges the file of an embedded bus. */
export function judgeFile({ path, bytes, free, isWritable, damage, error: failure }: FileProbe): readonly Finding[] {
  const findings: Finding[] = []
  if (failure !== undefined) {
    findings.push(error({ code: 'bus-failed', path, reason: failure.message }, failure.hints))
  } else if (bytes === undefined) {
    return [info({ code: 'bus-missing', path }, [operationHints.createBus()])]
  } else {
    findings.push(ok({ code: 'bus-readable', path, bytes }))
    if (damage === undefined) findings.push(info({ code: 'integrity-unchecked', path }))
    else if (damage.length > 0) {
      const hints = [
        advice('stop all processes that use the file, and restore it from a backup'),
        advice(`or print what is still readable as SQL: sqlite3 ${path} .recover`),
      ]
      findings.push(error({ code: 'bus-damaged', path, damage }, hints))
    }
    if (!isWritable) {
      findings.push(warning({ code: 'bus-read-only', path }, [advice(`make ${path} and its folder writable`)]))
    }
  }
  if (free !== undefined && free < MIN_FREE_BYTES) {
    findings.push(warning({ code: 'disk-nearly-full', path, free }, [advice('make room on the disk')]))
  }
  return findings
}
