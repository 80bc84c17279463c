import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { printable } from '../ui/text/printable.ts'
import type { ListenAddress } from './base/parse-flags.ts'
import { inOneLine, RefusedError } from './errors.ts'
import { flag } from './suggestions.ts'

interface MetricsServer extends ListenAddress {
  /** Measures and formats the metrics. Scrapes that arrive during a measurement share it. */
  readonly measure: () => Promise<string>
  /** Ends the server and its open connections. */
  readonly signal: AbortSignal
  /** Called with notices for the user who started the server. */
  readonly onNotice: (notice: string) => void
}

const PATH = '/metrics'
const PLAIN_TEXT = 'text/plain; charset=utf-8'
/** The content type of the Prometheus text format. */
const PROMETHEUS_TEXT = 'text/plain; version=0.0.4; charset=utf-8'

/** Serves metrics until the signal aborts. Every scrape measures again; if that fails, the answer is a 503 with the reason. */
export async function serveMetrics({ host, port, measure, signal, onNotice }: MetricsServer): Promise<void> {
  if (signal.aborted) return
  let running: Promise<string> | undefined
  let lastFailure: string | undefined
  const scrape = async (): Promise<Answer> => {
    running ??= measure().finally(() => {
      running = undefined
    })
    try {
      const text = await running
      lastFailure = undefined
      return { status: 200, type: PROMETHEUS_TEXT, text }
    } catch (error) {
      const reason = printable(inOneLine(error))
      // Scrapes arrive every few seconds and mostly fail for the same reason, so report a reason only once.
      if (reason !== lastFailure && !signal.aborted) onNotice(`cannot measure: ${reason}`)
      lastFailure = reason
      return { status: 503, type: PLAIN_TEXT, text: `${reason}\n` }
    }
  }
  const server = createServer(
    (request, response) => void answer(request, scrape).then((found) => send(response, found)),
  )
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
    onNotice(`metrics are at http://${inUrl(host)}:${taken}${PATH}`)
    if (!isLoopback(host)) onNotice(`warning: everyone who can connect to ${inUrl(host)}:${taken} can read the metrics`)
  })
  try {
    await closed
  } finally {
    signal.removeEventListener('abort', end)
    end()
  }
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly text: string
}

async function answer({ method, url = '' }: IncomingMessage, scrape: () => Promise<Answer>): Promise<Answer> {
  if (url.split('?')[0] !== PATH)
    return { status: 404, type: PLAIN_TEXT, text: `not found; the metrics are at ${PATH}\n` }
  if (method !== 'GET' && method !== 'HEAD')
    return { status: 405, type: PLAIN_TEXT, text: `${PATH} supports only GET and HEAD\n` }
  return scrape()
}

function send(response: ServerResponse, { status, type, text }: Answer): void {
  response
    .writeHead(status, {
      'Content-Type': type,
      'Content-Length': Buffer.byteLength(text),
      ...(status === 405 ? { Allow: 'GET, HEAD' } : {}),
    })
    // Node omits the body if the request is HEAD.
    .end(text)
}

const isLoopback = (host: string): boolean => /^(localhost|127(\.\d+){3}|::1)$/i.test(host)

const inUrl = (host: string): string => (host.includes(':') ? `[${host}]` : host)

function cannotListen({ code, message }: NodeJS.ErrnoException, { host, port }: ListenAddress): Error {
  const address = `${inUrl(host)}:${port}`
  if (code === 'EADDRINUSE') {
    return new RefusedError(`${address} is already in use by another program`, [
      flag(`--listen ${inUrl(host)}:0`, 'any free port'),
    ])
  }
  if (code === 'EACCES') {
    return new RefusedError(`no permission to listen on ${address}`, [flag(`--listen ${inUrl(host)}:9464`)])
  }
  return new RefusedError(`cannot listen on ${address}: ${message}`, [flag('--listen 9464')])
}
