import { jsonEscape, replaceUnsafe } from './unsafe-characters.ts'

// Prometheus's text format, version 0.0.4.

export type MetricType = 'gauge' | 'counter'

export const sampleHead = (name: string, help: string, type: MetricType = 'gauge'): string =>
  `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`

export function sampleLine(
  name: string,
  labels: Readonly<Record<string, string | number>>,
  value: number | bigint,
): string {
  return `${name}{${labelPairs(labels)}} ${value}\n`
}

/** The labels of a sample, to be written once where many samples have them. */
export const labelPairs = (labels: Readonly<Record<string, string | number>>): string =>
  Object.entries(labels)
    .map(([label, text]) => `${label}="${escapeLabel(String(text))}"`)
    .join(',')

/**
 * Label values may hold any UTF-8 and escape only these three characters. Other control and invisible characters, which a
 * dashboard or terminal would obey, become the visible text `\u001b`.
 */
const escapeLabel = (text: string): string =>
  text
    .split('\n')
    .map((line) => replaceUnsafe(line, jsonEscape).replaceAll('\\', '\\\\').replaceAll('"', '\\"'))
    .join('\\n')
