import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { formatRuntimeMetrics, type Running } from 'crbus'

/** What runs, by the name of its part. */
export type RunningParts = ReadonlyMap<string, Pick<Running, 'health' | 'metrics'>>

/**
 * Answers `/healthz` (status 200 when every part works, 503 when one waits or has stopped, with the health of each as JSON) and
 * `/metrics` (Prometheus text). Resolves when it listens; a port of 0 is any that is free.
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
    // Store or bus are away. What Prometheus shows then is that it could not scrape.
    response.writeHead(503).end(String(error))
  }
}
