import { type MetricsFormat, metricHead, metricsEnd, sampleLine } from '../../codecs/prometheus.ts'
import type { Measurement } from '../../operations/metrics/measurement.ts'
import type { MetricFamily } from './family.ts'
import { groupFamilies } from './group-families.ts'
import { sagaFamilies } from './saga-families.ts'
import { storeFamilies } from './store-families.ts'
import { topicFamilies } from './topic-families.ts'

export type { MetricsFormat } from '../../codecs/prometheus.ts'

/** The versions that `crbus_build_info` names. */
export interface Build {
  /** The version of crbus. */
  readonly version: string
  /** The version of Node. */
  readonly node: string
}

/** Formats a measurement in a text format of Prometheus. Yields the text in parts, because there may be many partitions. */
export function* formatMetrics(measured: Measurement, build: Build, format: MetricsFormat = 'text'): Generator<string> {
  for (const family of families(measured, build)) {
    let head = metricHead(family, format)
    for (const lines of family.samples(family.name)) {
      if (lines === '') continue
      yield `${head}${lines}`
      head = ''
    }
  }
  yield metricsEnd(format)
}

/** Returns all metrics, also those without samples. */
function families({ bus, store, sagas, duration }: Measurement, build: Build): readonly MetricFamily[] {
  return [
    {
      name: 'crbus_up',
      help: 'whether the bus could be measured',
      samples: (name) => [sampleLine(name, {}, bus.ok ? 1 : 0)],
    },
    {
      name: 'crbus_build_info',
      help: 'the versions of crbus and Node',
      type: 'info',
      samples: (name) => [sampleLine(name, { ...build }, 1)],
    },
    {
      name: 'crbus_scrape_duration_seconds',
      help: 'how long the measurement took',
      unit: 'seconds',
      samples: (name) => [sampleLine(name, {}, Math.round(duration) / 1000)],
    },
    ...(bus.ok ? [...groupFamilies(bus.lag), ...topicFamilies(bus.topics)] : []),
    ...(store === undefined ? [] : storeFamilies(store)),
    ...(sagas === undefined ? [] : sagaFamilies(sagas)),
  ]
}
