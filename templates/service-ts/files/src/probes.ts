import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { formatRuntimeMetrics, type Running } from 'crbus'

/** The running parts by name. */
export type RunningParts = ReadonlyMap<string, Pick<Running, 'health' | 'metrics'>>

/**
 * Serves `/healthz` and `/metrics` (Prometheus text). `/healthz` has status 200 if every part works, 503 if a part waits or has
 * stopped, and the health of each part as JSON. Resolves when the server listens. Port 0 selects a free port.
 */
export async function serveProbes(running: RunningParts, port: number): Promise<Server> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    if (pathname === '/healthz') answerHealth(running, response)
    else if (pathname === '/metrics') void answerMetrics(running, response)
    else response.writeHead(404).end()
  })
  server.listen(port)
  await once(server, 'listening')
  return server
}

export const portOf = (server: Server): number => (server.address() as AddressInfo).port

function answerHealth(running: RunningParts, response: ServerResponse): void {
  const parts = Object.fromEntries([...running].map(([name, part]) => [name, part.health()]))
  const isWell = Object.values(parts).every(({ status }) => status === 'ok')
  response.writeHead(isWell ? 200 : 503, { 'content-type': 'application/json' }).end(JSON.stringify(parts))
}

async function answerMetrics(running: RunningParts, response: ServerResponse): Promise<void> {
  try {
    const metrics = await Promise.all([...running.values()].map((part) => part.metrics()))
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(formatRuntimeMetrics(metrics))
  } catch (error) {
    // The store or the bus cannot be reached. Prometheus then shows a failed scrape.
    response.writeHead(503).end(String(error))
  }
}
