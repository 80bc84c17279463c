import type { Server } from 'node:http'
import { EmbeddedEventBus, type EventBus, type Logger, openEventStore, RedpandaEventBus } from 'crbus'
import { openLog } from './log.ts'
import { type Options, readOptions } from './options.ts'
import { portOf, serveProbes } from './probes.ts'
import { run } from './run.ts'
import { runUntilSignal } from './run-until-signal.ts'
import { hasCommands, placeSamples } from './sample.ts'
import { parts } from './service.ts'
import { startTelemetry } from './telemetry.ts'
import { prepareTopics } from './topics.ts'

/** The number of sample commands for an embedded bus that has had no commands yet, unless `--sample` is given. */
const FIRST_SAMPLES = 5

async function main(options: Options, logger: Logger, signal: AbortSignal): Promise<void> {
  if (parts.length === 0) return logger.info({}, 'there is nothing to run yet; try: npx crbus new aggregate')
  const { brokers, dataDir, store: location, sample, port } = options
  const file = `${dataDir}/bus.db`
  const bus: EventBus =
    brokers === undefined ? new EmbeddedEventBus({ path: file, logger }) : new RedpandaEventBus({ brokers, logger })
  try {
    await prepareTopics(bus, parts, brokers === undefined)
    const store = await openEventStore(location)
    let probes: Server | undefined
    try {
      await run(parts, { bus, store, signal, logger }, async (running) => {
        logger.info({}, `running ${parts.map(({ name }) => name).join(', ')} on ${brokers ?? file}`)
        if (port !== undefined) {
          probes = await serveProbes(running, port)
          const url = `http://localhost:${portOf(probes)}`
          logger.info({ url }, `health and metrics are at ${url}/healthz and /metrics`)
        }
        const isNew = brokers === undefined && !(await hasCommands(bus, parts))
        const placed = await placeSamples(bus, parts, sample ?? (isNew ? FIRST_SAMPLES : 0))
        if (placed > 0) logger.info({}, `placed ${placed} sample commands`)
      })
    } finally {
      probes?.close()
      probes?.closeAllConnections()
      await store.close()
    }
  } finally {
    await bus.close()
  }
}

const log = openLog({ service: 'sample-shop', env: process.env, isTerminal: process.stdout.isTTY })
// Starts before the bus is created, so that a trace contains its first event.
const stopTelemetry = await startTelemetry(log)
process.exitCode = await runUntilSignal(log, process, (signal) =>
  main(readOptions(process.argv.slice(2), process.env), log, signal),
)
// Runs last, because it takes some seconds if the collector cannot be reached.
await stopTelemetry()
