import { metrics as sdkMetrics, tracing } from '@opentelemetry/sdk-node'
import { onTestFinished } from 'vitest'
import { instrument } from '../../../src/otel.ts'

type Span = ReturnType<tracing.InMemorySpanExporter['getFinishedSpans']>[number]

/** Records spans and metrics with the real SDK, in memory, until the test ends. */
export function record({ sampler }: { readonly sampler?: tracing.Sampler } = {}) {
  const exporter = new tracing.InMemorySpanExporter()
  const spanProcessors = [new tracing.SimpleSpanProcessor(exporter)]
  const tracerProvider = new tracing.BasicTracerProvider({ spanProcessors, ...(sampler && { sampler }) })
  const metricExporter = new sdkMetrics.InMemoryMetricExporter(sdkMetrics.AggregationTemporality.CUMULATIVE)
  const reader = new sdkMetrics.PeriodicExportingMetricReader({ exporter: metricExporter })
  const meterProvider = new sdkMetrics.MeterProvider({ readers: [reader] })
  const stop = instrument({ tracerProvider, meterProvider })
  onTestFinished(async () => {
    stop()
    await tracerProvider.shutdown()
    await meterProvider.shutdown()
  })
  return {
    stop,
    tracer: tracerProvider.getTracer('test'),
    spans: () => exporter.getFinishedSpans(),
    /** Returns all points of all metrics by `name{attribute=value}`: the value, or the count of a histogram. */
    async points(): Promise<ReadonlyMap<string, number>> {
      metricExporter.reset()
      await reader.forceFlush()
      const { scopeMetrics } = metricExporter.getMetrics().at(-1) ?? { scopeMetrics: [] }
      const all = scopeMetrics.flatMap(({ metrics }) => metrics)
      return new Map(
        all.flatMap(({ descriptor, dataPoints }) =>
          dataPoints.map(({ attributes, value }) => [
            `${descriptor.name}{${Object.entries(attributes)
              .map(([name, said]) => `${name}=${said}`)
              .sort()
              .join()}}`,
            typeof value === 'number' ? value : value.count,
          ]),
        ),
      )
    },
  }
}

/** Returns the only span with a name and, optionally, an attribute. Throws when there is none or several. */
export function spanOf(spans: readonly Span[], name: string, attributes: Readonly<Record<string, unknown>> = {}): Span {
  const wanted = Object.entries(attributes)
  const found = spans.filter(
    (span) => span.name === name && wanted.every(([key, value]) => span.attributes[key] === value),
  )
  const [span] = found
  if (span === undefined || found.length > 1) {
    throw new Error(
      `${found.length} spans are ${name} ${JSON.stringify(attributes)}, among ${spans.map((one) => one.name)}`,
    )
  }
  return span
}

/** Formats a span context as `trace id/span id`. */
export const idOf = (span: Span): string => `${span.spanContext().traceId}/${span.spanContext().spanId}`
export const parentIdOf = (span: Span): string | undefined =>
  span.parentSpanContext && `${span.parentSpanContext.traceId}/${span.parentSpanContext.spanId}`
