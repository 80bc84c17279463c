import parsePrometheusTextFormat from 'parse-prometheus-text-format'

interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: string
}

export interface ParsedMetric {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly samples: readonly Sample[]
}

/** Parses the text format 0.0.4 with a package. Throws if a line follows no rule of the format, which the package ignores. */
export function parseMetrics(text: string): ReadonlyMap<string, ParsedMetric> {
  for (const line of text.trim().split('\n')) {
    if (!/^# (HELP|TYPE) |^[a-z_]+(\{([a-z_]+="([^"\\]|\\.)*",?)*\})? -?[0-9.]+$/.test(line)) throw new Error(line)
  }
  const parsed = parsePrometheusTextFormat(text) as {
    readonly name: string
    readonly help: string
    readonly type: string
    readonly metrics: readonly { readonly labels?: Readonly<Record<string, string>>; readonly value: string }[]
  }[]
  return new Map(
    parsed.map(({ metrics, ...metric }) => [
      metric.name,
      { ...metric, samples: metrics.map(({ labels = {}, value }) => ({ labels, value })) },
    ]),
  )
}
