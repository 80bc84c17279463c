import { sampleLine } from '../../codecs/prometheus.ts'
import type { SagaFigures } from '../../operations/metrics/sagas.ts'
import type { MetricFamily } from './family.ts'

/** Returns the metrics of sagas. */
export function sagaFamilies(figures: SagaFigures): readonly MetricFamily[] {
  const up: MetricFamily = {
    name: 'crbus_sagas_up',
    help: 'whether the conversations of sagas could be measured',
    samples: (name) => [sampleLine(name, {}, figures.ok ? 1 : 0)],
  }
  if (!figures.ok) return [up]
  const { sagas } = figures
  return [
    up,
    {
      name: 'crbus_saga_instances',
      help: 'conversations of sagas that began in the last day, by state',
      samples: (name) =>
        sagas.map(({ saga, counts }) =>
          Object.entries(counts)
            .map(([state, count]) => sampleLine(name, { saga, state }, count))
            .join(''),
        ),
    },
    {
      name: 'crbus_saga_stuck_age_seconds',
      help: 'seconds since the first of the stuck and failed conversations became so',
      unit: 'seconds',
      samples: (name) => sagas.map(({ saga, stuckFor }) => sampleLine(name, { saga }, stuckFor / 1000)),
    },
  ]
}
