import type { Server } from 'node:http'
import { EmbeddedEventBus, type EventBus, openEventStore, RedpandaEventBus } from 'crbus'
import { type Options, readOptions } from './options.ts'
import { portOf, serveProbes } from './probes.ts'
import { run } from './run.ts'
import { hasCommands, placeSamples } from './sample.ts'
import { parts } from './service.ts'
import { prepareTopics } from './topics.ts'

/** So many sample commands an embedded bus gets that has had none yet, unless `--sample` says otherwise. */
const FIRST_SAMPLES = 5

async function main({ brokers, dataDir, store: location, sample, port }: Options): Promise<void> {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  const file = `${dataDir}/bus.db`
  const bus: EventBus = brokers === undefined ? new EmbeddedEventBus({ path: file }) : new RedpandaEventBus({ brokers })
  try {
    await prepareTopics(bus, parts, brokers === undefined)
    const store = await openEventStore(location)
    let probes: Server | undefined
    try {
      await run(parts, { bus, store, signal: stop.signal }, async (running) => {
        console.log(`running ${parts.map(({ name }) => name).join(', ')} on ${brokers ?? file}`)
        if (port !== undefined) {
          probes = await serveProbes(running, port)
          console.log(`health and metrics are at http://localhost:${portOf(probes)}/healthz and /metrics`)
        }
        const isNew = brokers === undefined && !(await hasCommands(bus, parts))
        const placed = await placeSamples(bus, parts, sample ?? (isNew ? FIRST_SAMPLES : 0))
        if (placed > 0) console.log(`placed ${placed} sample commands`)
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

if (parts.length === 0) console.log('there is nothing to run yet; try: npx crbus new aggregate')
else await main(readOptions(process.argv.slice(2), process.env))
