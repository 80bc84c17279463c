import { type MeterProvider, metrics, type TracerProvider, trace } from '@opentelemetry/api'
import { together } from './listen.ts'
import { recordMetrics } from './metrics.ts'
import { traceMessages } from './spans.ts'

/** Options of {@link instrument}. */
export interface InstrumentOptions {
  /** Provides the tracer that records spans. Default: the global tracer provider. */
  readonly tracerProvider?: TracerProvider | undefined
  /** Provides the meter that records metrics. Default: the global meter provider. */
  readonly meterProvider?: MeterProvider | undefined
}

/** The name of the instrumentation scope. */
const SCOPE = 'crbus'

/**
 * Records traces and metrics of all buses, aggregates and sagas of this process from now on. Returns a function that stops the
 * recording.
 *
 * Call it once, after the SDK of OpenTelemetry was started and before buses are used. Without an SDK it records nothing.
 *
 * **Spans**: `send`, `receive`, `process` (`timer` for a timer) and `commit`. A record carries the context of its `send` span
 * in the header `traceparent`. A message in the outbox, and a timer, keep the context of the span that they follow from. So
 * one trace shows a whole flow, through services in any language that pass this header on.
 *
 * **Metrics**: the counters and durations of the semantic conventions for messaging (`messaging.client.sent.messages`,
 * `messaging.client.operation.duration`, `messaging.client.consumed.messages`, `messaging.process.duration`), and
 * `crbus.retries`, `crbus.dead_letters`, `crbus.relayed`, `crbus.timers.fired`, `crbus.healthy`, `crbus.outbox.messages`,
 * `crbus.outbox.age`, `crbus.timers` and `crbus.lag`. The last four describe a whole group, and each process of the group
 * reports them: aggregate them with the maximum.
 *
 * @example
 * ```ts
 * import { instrument } from 'crbus/otel'
 * import { NodeSDK } from '@opentelemetry/sdk-node'
 *
 * const sdk = new NodeSDK({ serviceName: 'shop' })
 * sdk.start()
 * const stop = instrument()
 * // At the end of the process:
 * stop()
 * await sdk.shutdown()
 * ```
 */
export function instrument({ tracerProvider, meterProvider }: InstrumentOptions = {}): () => void {
  const tracer = (tracerProvider ?? trace).getTracer(SCOPE)
  const meter = (meterProvider ?? metrics).getMeter(SCOPE)
  return together([traceMessages(tracer), recordMetrics(meter)])
}
