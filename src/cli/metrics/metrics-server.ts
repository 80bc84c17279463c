import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkCause } from '../../bus/network/network-cause.ts'
import type { Measurement } from '../../operations/metrics/measurement.ts'
import type { Build } from '../../ui/metrics/format-metrics.ts'
import { printable } from '../../ui/text/printable.ts'
import type { ListenAddress } from '../base/parse-flags.ts'
import { inOneLine, RefusedError } from '../errors.ts'
import { flag } from '../suggestions.ts'
import { type Answer, answer, METRICS_PATH } from './answers.ts'
import { shareMeasurement } from './shared-measurement.ts'
import { sagaFailure, storeFailure } from './store-failure.ts'

interface MetricsServer extends ListenAddress {
  readonly measure: () => Promise<Measurement>
  readonly build: Build
  /** Ends the server and its open connections. */
  readonly signal: AbortSignal
  /** Called with notices for the user who started the server. */
  readonly onNotice: (notice: string) => void
}

/** Prometheus sends a request of a few hundred bytes at once, so a client that takes longer is not one, or is stuck. */
const LIMITS = {
  maxHeaderSize: 8192,
  headersTimeout: 5000,
  requestTimeout: 5000,
  keepAliveTimeout: 75_000,
  connectionsCheckingInterval: 1000,
}
/** How long a client may read nothing of an answer. */
const SLOW_READER_MS = 10_000
/** Each Prometheus keeps one connection open. */
const MAX_CONNECTIONS = 100

/** Serves metrics until the signal aborts. Every scrape measures again. If the bus cannot be measured, `crbus_up` is 0. */
export async function serveMetrics({ host, port, measure, build, signal, onNotice }: MetricsServer): Promise<void> {
  if (signal.aborted) return
  const noteFailure = newFailures((reason) => {
    if (!signal.aborted) onNotice(reason)
  })
  const shared = shareMeasurement(measure, (measurement) => {
    const bus = reasonOf(measurement)
    noteFailure('bus', bus === undefined ? undefined : `cannot measure: ${bus}`)
    noteFailure('store', storeFailure(measurement.store))
    noteFailure('sagas', sagaFailure(measurement.sagas))
  })
  const server = createServer(LIMITS, (request, response) => {
    void answer(request, { shared, build, reasonOf }).then((found) => send(response, found))
  })
  server.maxConnections = MAX_CONNECTIONS
  const closed = new Promise<void>((resolve, reject) => {
    server.once('close', resolve)
    server.once('error', (error) => reject(cannotListen(error, { host, port })))
  })
  const end = () => {
    server.close()
    server.closeAllConnections()
  }
  signal.addEventListener('abort', end, { once: true })
  server.listen(port, host, () => {
    const { port: taken } = server.address() as AddressInfo
    onNotice(`metrics are at http://${inUrl(host)}:${taken}${METRICS_PATH}`)
    if (!isLoopback(host)) onNotice(`warning: everyone who can connect to ${inUrl(host)}:${taken} can read the metrics`)
  })
  try {
    await closed
  } finally {
    signal.removeEventListener('abort', end)
    end()
  }
}

/** Returns why the bus could not be measured; `undefined` if it was. */
const reasonOf = ({ bus }: Measurement): string | undefined => (bus.ok ? undefined : printable(inOneLine(bus.error)))

/** Reports the failure of a part, unless the last failure had the same reason: scrapes usually fail for one reason again and again. */
function newFailures(onFailure: (reason: string) => void) {
  const last = new Map<'bus' | 'store' | 'sagas', string | undefined>()
  return (part: 'bus' | 'store' | 'sagas', reason: string | undefined): void => {
    if (reason !== undefined && reason !== last.get(part)) onFailure(reason)
    last.set(part, reason)
  }
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  response.setTimeout(SLOW_READER_MS, () => response.destroy())
  // Node omits the body if the request is HEAD.
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) }).end(body)
}

const isLoopback = (host: string): boolean => /^(localhost|127(\.\d+){3}|::1)$/i.test(host)

const inUrl = (host: string): string => (host.includes(':') ? `[${host}]` : host)

function cannotListen(error: NodeJS.ErrnoException, { host, port }: ListenAddress): Error {
  const { code, message } = error
  const address = `${inUrl(host)}:${port}`
  if (code === 'EADDRINUSE') {
    return new RefusedError(`${address} is already in use by another program`, [
      flag(`--listen ${inUrl(host)}:0`, 'any free port'),
    ])
  }
  if (code === 'EACCES') {
    return new RefusedError(`no permission to listen on ${address}`, [flag(`--listen ${inUrl(host)}:9464`)])
  }
  return new RefusedError(`cannot listen on ${address}: ${networkCause(error) ?? message}`, [flag('--listen 9464')])
}
