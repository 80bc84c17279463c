import type { Logger } from 'crbus'

/**
 * Sends traces and metrics to the OpenTelemetry collector at `OTEL_EXPORTER_OTLP_ENDPOINT`. Without this variable, nothing is
 * recorded and the SDK is not loaded. Resolves with a function that sends the remaining traces and metrics and stops recording.
 *
 * The SDK reads further variables, such as `OTEL_SERVICE_NAME`, `OTEL_TRACES_SAMPLER` and `OTEL_METRIC_EXPORT_INTERVAL`.
 */
export async function startTelemetry(log: Logger): Promise<() => Promise<void>> {
  // Reads the environment of the process, because the SDK does so too.
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SERVICE_NAME } = process.env
  if (!endpoint) return async () => undefined
  const [{ NodeSDK }, { instrument }] = await Promise.all([import('@opentelemetry/sdk-node'), import('crbus/otel')])
  const serviceName = OTEL_SERVICE_NAME || 'sample-shop'
  const sdk = new NodeSDK({ serviceName })
  sdk.start()
  const stop = instrument()
  log.info({ endpoint, service_name: serviceName }, 'traces and metrics are recorded')
  return async () => {
    stop()
    try {
      await sdk.shutdown()
    } catch (error) {
      log.warn({ endpoint, error: String(error) }, 'the last traces and metrics could not be sent')
    }
  }
}
