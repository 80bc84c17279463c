/** Prometheus's text format, version 0.0.4. All that crbus measures are gauges. */

export const sampleHead = (name: string, help: string): string => `# HELP ${name} ${help}\n# TYPE ${name} gauge\n`

export function sampleLine(
  name: string,
  labels: Readonly<Record<string, string | number>>,
  value: number | bigint,
): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(String(text))}"`)
  return `${name}{${pairs.join(',')}} ${value}\n`
}

const escapeLabel = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
