import { sampleHead, sampleLine } from '../codecs/prometheus.ts'
import type { CheckStatus, Measure } from '../operations/check/check.ts'
import type { CheckDocument } from './notes/check-message.ts'
import { stringifyJson } from './text/json.ts'
import { printable } from './text/printable.ts'

export type { Check } from '../operations/check/check.ts'

export const checkFormats = ['text', 'json', 'prometheus', 'nagios'] as const
export type CheckFormat = (typeof checkFormats)[number]

/** The exit code for each status, as Nagios and other monitoring systems expect it from a plugin. */
export const checkExitCodes: Readonly<Record<CheckStatus, number>> = { ok: 0, warning: 1, critical: 2, unknown: 3 }

/** Formats the result of a check: one line, or a document in the formats `json` and `prometheus`. */
export function formatCheck(check: CheckDocument, format: CheckFormat): string {
  if (format === 'json') return `${stringifyJson(check)}\n`
  if (format === 'prometheus') return prometheus(check)
  const line = `${check.check.toUpperCase()} ${check.status.toUpperCase()} - ${printable(check.message)}`
  if (format === 'text' || check.measures.length === 0) return `${withoutBars(line)}\n`
  return `${withoutBars(line)} | ${check.measures.map(performanceData).join(' ')}\n`
}

/** Replaces each `|`, because Nagios takes what follows the first one as performance data. */
const withoutBars = (line: string): string => line.replaceAll('|', '/')

/**
 * Formats performance data: `'label'=value[unit];[warn];[crit];[min]` (https://nagios-plugins.org/doc/guidelines.html#AEN200).
 * The range `2:` alerts below 2.
 */
function performanceData({ name, labels, value, unit, warn, max, min }: Measure): string {
  const critical = max ?? (min === undefined ? '' : `${min}:`)
  const label = printable([...Object.values(labels), name].join(' '))
    .replaceAll("'", "''")
    .replaceAll('=', '_')
  return `'${label}'=${value}${unit};${warn ?? ''};${critical};0`
}

function prometheus({ check, status, measures }: CheckDocument): string {
  const byName = Map.groupBy(measures, ({ name }) => name)
  return [
    sampleHead('crbus_check_status', '0 ok, 1 warning, 2 critical, 3 unknown'),
    sampleLine('crbus_check_status', { check }, checkExitCodes[status]),
    ...[...byName].flatMap(([name, own]) => [
      sampleHead(`crbus_${name}`, 'a value that the check measured'),
      ...own.map(({ labels, value }) => sampleLine(`crbus_${name}`, labels, value)),
    ]),
  ].join('')
}
