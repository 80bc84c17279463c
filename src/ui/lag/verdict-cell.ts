import type { PartitionLag } from '../../operations/lag/report.ts'
import type { LagVerdict } from '../../operations/lag/verdict.ts'

/** Returns a verdict, with the number of partitions that have it if some do not: `stalled 1/3`. */
export function verdictCell(verdict: LagVerdict | undefined, parts: readonly PartitionLag[]): string {
  if (verdict === undefined || verdict === 'ok' || parts.length === 0) return verdict ?? ''
  const count = parts.filter((part) => part.verdict === verdict).length
  return count === parts.length ? verdict : `${verdict} ${count}/${parts.length}`
}
