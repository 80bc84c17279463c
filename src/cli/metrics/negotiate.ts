import type { IncomingHttpHeaders } from 'node:http'
import type { MetricsFormat } from '../../ui/metrics/format-metrics.ts'

/** An entry of `Accept` or `Accept-Encoding`, in lower case. */
interface Accepted {
  readonly name: string
  readonly parameters: ReadonlyMap<string, string>
  /** From 0, not acceptable, to 1. */
  readonly quality: number
}

/** Parses `a/b;version=1;q=0.5, c`. Node limits the length of headers. */
function parseAccepted(header: string): readonly Accepted[] {
  return header.split(',').map((entry) => {
    const [name = '', ...rest] = entry.split(';').map((part) => part.trim().toLowerCase())
    const parameters = new Map(
      rest.map((part) => {
        const [key = '', ...value] = part.split('=')
        return [key.trim(), value.join('=').trim().replaceAll('"', '')] as const
      }),
    )
    const quality = Number(parameters.get('q') ?? 1)
    return { name, parameters, quality: quality >= 0 && quality <= 1 ? quality : 0 }
  })
}

/** Returns the highest quality of the entries that match; 0 without one. */
const qualityOf = (accepted: readonly Accepted[], matches: (entry: Accepted) => boolean): number =>
  accepted.filter(matches).reduce((best, { quality }) => Math.max(best, quality), 0)

/** Chooses OpenMetrics 1.0 if the client names it and does not prefer the text format, which any other client gets. */
export function chooseFormat({ accept = '' }: IncomingHttpHeaders): MetricsFormat {
  const accepted = parseAccepted(accept)
  const openMetrics = qualityOf(
    accepted,
    ({ name, parameters }) =>
      name === 'application/openmetrics-text' && (parameters.get('version') ?? '1.0.0') === '1.0.0',
  )
  const text = qualityOf(accepted, ({ name }) => name === 'text/plain')
  return openMetrics > 0 && openMetrics >= text ? 'openmetrics' : 'text'
}

/** Whether the client accepts gzip. */
export const acceptsGzip = ({ 'accept-encoding': encodings = '' }: IncomingHttpHeaders): boolean =>
  qualityOf(parseAccepted(String(encodings)), ({ name }) => name === 'gzip') > 0

/** The part of its time-out that Prometheus may need to receive the answer. */
const TRANSFER_MS = 500
const MAX_TIMEOUT_MS = 3_600_000

/** Returns the milliseconds that Prometheus waits for a measurement; `undefined` if the request does not say so. */
export function scrapeTimeout(headers: IncomingHttpHeaders): number | undefined {
  const given = Number(headers['x-prometheus-scrape-timeout-seconds'])
  if (!(given > 0)) return undefined
  const timeout = Math.min(given * 1000, MAX_TIMEOUT_MS)
  return Math.max(timeout - TRANSFER_MS, timeout / 2)
}
