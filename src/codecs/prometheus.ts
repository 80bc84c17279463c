import { jsonEscape, replaceUnsafe } from './unsafe-characters.ts'

/** Metric types of the Prometheus text format, version 0.0.4, that crbus writes. */
export type MetricType = 'gauge' | 'counter'

/** The lines before the samples of a metric: its help and its type. */
export const sampleHead = (name: string, help: string, type: MetricType = 'gauge'): string =>
  `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`

/** The line of one sample. */
export function sampleLine(
  name: string,
  labels: Readonly<Record<string, string | number>>,
  value: number | bigint,
): string {
  return `${name}{${labelPairs(labels)}} ${value}\n`
}

/** The labels of a sample as text, so that samples with the same labels can share it. */
export const labelPairs = (labels: Readonly<Record<string, string | number>>): string =>
  Object.entries(labels)
    .map(([label, text]) => `${label}="${escapeLabel(String(text))}"`)
    .join(',')

/**
 * Escapes a label value. The format allows any UTF-8 and escapes backslash, quote and line feed. Other control and invisible
 * characters, which could control a terminal or dashboard, become visible text such as `\u001b`.
 */
const escapeLabel = (text: string): string =>
  text
    .split('\n')
    .map((line) => replaceUnsafe(line, jsonEscape).replaceAll('\\', '\\\\').replaceAll('"', '\\"'))
    .join('\\n')
