import type { MetricHead } from '../../codecs/prometheus.ts'

/** A metric with its samples. An unknown value has no sample. */
export interface MetricFamily extends MetricHead {
  /** Returns the sample lines of the metric with this name, in parts. */
  readonly samples: (name: string) => Iterable<string>
}
