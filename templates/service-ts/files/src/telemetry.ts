import type { Logger } from 'crbus'

/**
 * Sends traces and metrics to the OpenTelemetry collector that `OTEL_EXPORTER_OTLP_ENDPOINT` names. Without it nothing is
 * recorded, and nothing is loaded. Resolves with a function that sends the rest and ends it.
 *
 * The SDK reads further variables, such as `OTEL_SERVICE_NAME`, `OTEL_TRACES_SAMPLER` and `OTEL_METRIC_EXPORT_INTERVAL`.
 */
export async function startTelemetry(log: Logger): Promise<() => Promise<void>> {
  // The SDK reads the environment of the process, so this does too.
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
