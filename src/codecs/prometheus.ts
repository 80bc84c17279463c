import { jsonEscape, replaceUnsafe } from './unsafe-characters.ts'

/** Metric types of the Prometheus text format, version 0.0.4, that crbus writes. */
export type MetricType = 'gauge' | 'counter'

/** The lines before the samples of a metric: its help and its type. */
export const sampleHead = (name: string, help: string, type: MetricType = 'gauge'): string =>
  `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`

/** `text` is the Prometheus text format 0.0.4, `openmetrics` is OpenMetrics 1.0. Their lines of samples are the same. */
export type MetricsFormat = 'text' | 'openmetrics'

/** What is written before the samples of a metric. */
export interface MetricHead {
  /** The name of the samples: `…_total` for a counter, `…_info` for an info metric, which is constant and has a value of 1. */
  readonly name: string
  readonly help: string
  /** Default: gauge. */
  readonly type?: MetricType | 'info' | undefined
  /** A base unit with which the name ends. */
  readonly unit?: 'seconds' | 'bytes' | undefined
}

/**
 * The lines before the samples of a metric, in either format. OpenMetrics names a counter without the suffix of its samples, and
 * knows units and info metrics.
 */
export function metricHead({ name, help, type = 'gauge', unit }: MetricHead, format: MetricsFormat): string {
  if (format === 'text') return sampleHead(name, help, type === 'info' ? 'gauge' : type)
  const family = type === 'counter' ? name.replace(/_total$/, '') : type === 'info' ? name.replace(/_info$/, '') : name
  const units = unit === undefined ? '' : `# UNIT ${family} ${unit}\n`
  return `# TYPE ${family} ${type}\n${units}# HELP ${family} ${help}\n`
}

/** What ends the text of all metrics. */
export const metricsEnd = (format: MetricsFormat): string => (format === 'openmetrics' ? '# EOF\n' : '')

/** The line of one sample. */
export function sampleLine(
  name: string,
  labels: Readonly<Record<string, string | number>>,
  value: number | bigint,
): string {
  const pairs = labelPairs(labels)
  return pairs === '' ? `${name} ${value}\n` : `${name}{${pairs}} ${value}\n`
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
