import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { freePort, signalProcess, WATCHED, watchedPid } from './watched-process.ts'

const run = promisify(execFile)
const READY_WITHIN_MS = 60_000

export interface CollectedSpan {
  readonly service: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
}

interface CollectedPoint {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
}

/** A running OpenTelemetry collector: see `collector/main.go`. */
export interface Collector extends AsyncDisposable {
  /** The value for `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly endpoint: string
  /** Returns the spans and points that it has received so far. */
  received(): { readonly spans: readonly CollectedSpan[]; readonly points: readonly CollectedPoint[] }
}

/** Builds the collector, which takes minutes the first time, and starts it. */
export async function startCollector(): Promise<Collector> {
  const cache = process.env.XDG_CACHE_HOME || new URL('../../node_modules/.cache', import.meta.url).pathname
  const program = join(cache, 'crbus-collector', 'collector')
  await run('go', ['build', '-o', program, '.'], { cwd: new URL('collector', import.meta.url).pathname })

  const folder = mkdtempSync(join(tmpdir(), 'crbus-collector-'))
  const address = `127.0.0.1:${await freePort()}`
  const pipeline = { receivers: ['otlp'], exporters: ['lines'] }
  const config = {
    receivers: { otlp: { protocols: { http: { endpoint: address } } } },
    exporters: { lines: {} },
    service: { pipelines: { traces: pipeline, metrics: pipeline } },
  }
  const output = join(folder, 'output')
  const log = join(folder, 'log')
  const files = [openSync(output, 'w'), openSync(log, 'w')] as const
  const child = spawn('sh', ['-c', WATCHED, 'sh', program, `--config=yaml:${JSON.stringify(config)}`], {
    stdio: ['pipe', ...files],
    cwd: folder,
    detached: true,
  })
  const ended = once(child, 'exit')
  for (const file of files) closeSync(file)
  const dispose = async () => {
    const pid = watchedPid(folder)
    if (pid !== undefined) signalProcess(pid, 'SIGTERM')
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
  const until = Date.now() + READY_WITHIN_MS
  while (!(await answers(address))) {
    if (child.exitCode === null && Date.now() < until) {
      await sleep(50)
      continue
    }
    const said = readFileSync(log, 'utf8')
    await dispose()
    throw new Error(`the collector is not ready:\n${said}`)
  }
  return {
    endpoint: `http://${address}`,
    received: () => read(readFileSync(output, 'utf8')),
    [Symbol.asyncDispose]: dispose,
  }
}

const answers = (address: string): Promise<boolean> =>
  fetch(`http://${address}/`).then(
    () => true,
    () => false,
  )

// The parts of OTLP's JSON that tests read.

interface Attribute {
  readonly key: string
  readonly value: Readonly<Record<string, unknown>>
}

interface Line {
  readonly resourceSpans?: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] }
    readonly scopeSpans: readonly { readonly spans: readonly (Omit<CollectedSpan, 'attributes'> & Attributed)[] }[]
  }[]
  readonly resourceMetrics?: readonly {
    readonly scopeMetrics: readonly { readonly metrics: readonly Metric[] }[]
  }[]
}

interface Attributed {
  readonly attributes?: readonly Attribute[]
}

interface Points {
  readonly dataPoints: readonly Attributed[]
}

interface Metric {
  readonly name: string
  readonly gauge?: Points
  readonly sum?: Points
  readonly histogram?: Points
}

const toMap = (attributes: readonly Attribute[] = []): ReadonlyMap<string, string> =>
  new Map(attributes.map(({ key, value }) => [key, String(Object.values(value)[0])]))

/** Returns the complete lines. The last one may be written only partly. */
function read(output: string): ReturnType<Collector['received']> {
  const lines = output
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line)
  const spans = lines.flatMap(({ resourceSpans = [] }) =>
    resourceSpans.flatMap(({ resource, scopeSpans }) => {
      const service = toMap(resource.attributes).get('service.name') ?? ''
      return scopeSpans.flatMap((scope) =>
        scope.spans.map(({ traceId, spanId, parentSpanId, name, attributes }) => ({
          service,
          traceId,
          spanId,
          parentSpanId,
          name,
          attributes: toMap(attributes),
        })),
      )
    }),
  )
  const points = lines.flatMap(({ resourceMetrics = [] }) =>
    resourceMetrics.flatMap(({ scopeMetrics }) =>
      scopeMetrics.flatMap(({ metrics }) =>
        metrics.flatMap(({ name, gauge, sum, histogram }) =>
          [gauge, sum, histogram].flatMap((kind) =>
            (kind?.dataPoints ?? []).map(({ attributes }) => ({ name, attributes: toMap(attributes) })),
          ),
        ),
      ),
    ),
  )
  return { spans, points }
}
