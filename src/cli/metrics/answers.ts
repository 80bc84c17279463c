import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Measurement } from '../../operations/metrics/measurement.ts'
import { type Build, formatMetrics, type MetricsFormat } from '../../ui/metrics/format-metrics.ts'
import { acceptsGzip, chooseFormat, scrapeTimeout } from './negotiate.ts'
import type { SharedMeasurement } from './shared-measurement.ts'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Buffer
}

interface Answering {
  readonly shared: SharedMeasurement
  readonly build: Build
  /** Returns why the bus of a measurement could not be measured. */
  readonly reasonOf: (measurement: Measurement) => string | undefined
}

export const METRICS_PATH = '/metrics'
const HEALTH_PATH = '/healthz'

const PLAIN_TEXT = 'text/plain; charset=utf-8'

const contentTypes: Readonly<Record<MetricsFormat, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
}

/** The oldest measurement that answers `/healthz` without a new one. Prometheus scrapes once a minute by default. */
const MAX_HEALTH_AGE_MS = 60_000
/** How long `/healthz` waits for a measurement. */
const HEALTH_TIMEOUT_MS = 5000

const LINKS = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>crbus metrics</title></head>
<body>
<h1>crbus metrics</h1>
<ul>
<li><a href="${METRICS_PATH}">${METRICS_PATH}</a>: the metrics, for Prometheus</li>
<li><a href="${HEALTH_PATH}">${HEALTH_PATH}</a>: whether the bus can be measured</li>
</ul>
</body>
</html>
`

const plain = (status: number, text: string, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  headers: { 'Content-Type': PLAIN_TEXT, ...headers },
  body: `${text}\n`,
})

const LATE: Measurement['bus'] = {
  ok: false,
  error: new Error('the measurement takes longer than the scrape time-out'),
}

/** Answers a request. */
export async function answer({ method, url = '', headers }: IncomingMessage, answering: Answering): Promise<Answer> {
  const { shared, build } = answering
  const [path] = url.split('?')
  if (path !== METRICS_PATH && path !== HEALTH_PATH && path !== '/')
    return plain(404, `not found; the metrics are at ${METRICS_PATH}`)
  if (method !== 'GET' && method !== 'HEAD')
    return plain(405, `${path} supports only GET and HEAD`, { Allow: 'GET, HEAD' })
  if (path === '/') return { status: 200, headers: { 'Content-Type': 'text/html; charset=utf-8' }, body: LINKS }
  if (path === HEALTH_PATH) return health(answering)
  const timeout = scrapeTimeout(headers)
  const measurement = (await shared.take(timeout)) ?? { bus: LATE, duration: timeout ?? 0 }
  const format = chooseFormat(headers)
  const text = [...formatMetrics(measurement, build, format)].join('')
  const common = { 'Content-Type': contentTypes[format], Vary: 'Accept, Accept-Encoding' }
  if (!acceptsGzip(headers)) return { status: 200, headers: common, body: text }
  return { status: 200, headers: { ...common, 'Content-Encoding': 'gzip' }, body: await promisify(gzip)(text) }
}

/** Says whether the bus can be measured. Measures if the last measurement failed, or was long ago because nothing scrapes. */
async function health({ shared, reasonOf }: Answering): Promise<Answer> {
  const last = shared.last(MAX_HEALTH_AGE_MS)
  const measurement = last?.bus.ok ? last : await shared.take(HEALTH_TIMEOUT_MS)
  const reason =
    measurement === undefined ? `the measurement takes longer than ${HEALTH_TIMEOUT_MS / 1000}s` : reasonOf(measurement)
  return reason === undefined ? plain(200, 'ok') : plain(503, reason)
}
