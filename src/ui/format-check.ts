import { sampleHead, sampleLine } from '../codecs/prometheus.ts'
import type { Check, CheckStatus, Measure } from '../operations/lag/check.ts'
import { stringifyJson } from './text/json.ts'
import { printable } from './text/printable.ts'

export type { Check } from '../operations/lag/check.ts'

export const checkFormats = ['text', 'json', 'prometheus', 'nagios'] as const
export type CheckFormat = (typeof checkFormats)[number]

/** Exit codes of Nagios plugins, which every monitor knows. */
export const checkExitCodes: Readonly<Record<CheckStatus, number>> = { ok: 0, warning: 1, critical: 2, unknown: 3 }

/** The answer of a check: one line, or a document where a format asks for one. */
export function formatCheck(check: Check, format: CheckFormat): string {
  if (format === 'json') return `${stringifyJson(check)}\n`
  if (format === 'prometheus') return prometheus(check)
  const line = `${check.check.toUpperCase()} ${check.status.toUpperCase()} - ${printable(check.message)}`
  if (format === 'text' || check.measures.length === 0) return `${oneLine(line)}\n`
  return `${oneLine(line)} | ${check.measures.map(performanceData).join(' ')}\n`
}

/** A plugin's text ends at a bar: what follows it are figures. */
const oneLine = (line: string): string => line.replaceAll('|', '/')

/** `'label'=value[unit];[warn];[crit];[min]` (https://nagios-plugins.org/doc/guidelines.html#AEN200). */
function performanceData({ name, labels, value, unit, warn, max }: Measure): string {
  const label = printable([...Object.values(labels), name].join(' '))
    .replaceAll("'", "''")
    .replaceAll('=', '_')
  return `'${label}'=${value}${unit};${warn ?? ''};${max ?? ''};0`
}

function prometheus({ check, status, measures }: Check): string {
  const byName = Map.groupBy(measures, ({ name }) => name)
  return [
    sampleHead('crbus_check_status', '0 ok, 1 warning, 2 critical, 3 unknown'),
    sampleLine('crbus_check_status', { check }, checkExitCodes[status]),
    ...[...byName].flatMap(([name, own]) => [
      sampleHead(`crbus_${name}`, 'what the check measured'),
      ...own.map(({ labels, value }) => sampleLine(`crbus_${name}`, labels, value)),
    ]),
  ].join('')
}
