import { Flags } from '@oclif/core'
import type { EventBus } from '../bus/event-bus.ts'
import { BaseCommand } from '../cli/base/base-command.ts'
import { groupFlag, readFlags, storeFlags, topicFlag } from '../cli/base/flags.ts'
import { parseListen } from '../cli/base/parse-flags.ts'
import { UsageError } from '../cli/errors.ts'
import { openExistingStore } from '../cli/existing-store.ts'
import { buildOf } from '../cli/metrics/build.ts'
import { sagaFailure, storeFailure } from '../cli/metrics/store-failure.ts'
import { descriptionsFlag } from '../cli/sagas/saga-flags.ts'
import { placesOf } from '../cli/sagas/saga-places.ts'
import { lagWindow } from '../operations/lag/window.ts'
import { measure } from '../operations/metrics/measurement.ts'
import { formatMetrics } from '../ui/metrics/format-metrics.ts'
import { type LagDocument, lagDocument } from '../ui/notes/lag-notes.ts'

export default class Metrics extends BaseCommand {
  static override summary = 'Print or serve metrics of groups, topics and the event store for Prometheus'
  static override document = 'lag'
  static override description = [
    'Prints the Prometheus text format, for example for the textfile collector of node_exporter. With --json, prints the document of "crbus lag --json". The command only reads, and does not join a group. If there is an event store, what waits in it is measured too: the outbox, due timers and dead letters.',
    'With --sagas, the conversations of the sagas that are described here (see "crbus sagas list") are counted by state, with the age of the first stuck one. They are read at most once a minute. Conversations that began more than a day ago are left out; "crbus sagas stuck" checks all.',
    'With --listen, serves the metrics at /metrics for Prometheus to scrape, as OpenMetrics or text. Every scrape measures again. Verdicts and the time to catch up compare a measurement with the one ten seconds before, or with the last one if scrapes come less often. If the bus cannot be measured, crbus_up is 0, and /healthz answers 503 with the reason. Without a host, only this machine can connect. Ctrl-C or SIGTERM ends the command.',
  ].join('\n\n')
  static override examples = [
    '<%= config.bin %> metrics > /var/lib/node_exporter/crbus.prom',
    "<%= config.bin %> metrics --group 'composable-rust-*'",
    '<%= config.bin %> metrics --listen 9464',
  ]
  static override flags = {
    ...readFlags,
    store: storeFlags.store,
    group: groupFlag,
    topic: topicFlag,
    sagas: Flags.boolean({
      description: 'Also measure the conversations of the described sagas that began in the last day',
    }),
    descriptions: descriptionsFlag,
    listen: Flags.string({
      description: 'Address to serve the metrics at; port 0 selects a free port',
      helpValue: '[HOST:]PORT',
      exclusive: ['json'],
    }),
  }

  protected override readonly mayPrecedeBus = true

  async run(): Promise<LagDocument | undefined> {
    const { flags } = await this.parse(Metrics)
    const { group: groups, topic: topics, listen } = flags
    const address = listen === undefined ? undefined : parseListen(listen)
    const bus = await this.openBus()
    const config = await this.configuration()
    const measureLag = lagWindow(bus, { groups, topics, now: this.context.now })
    const openStore = () => openExistingStore(config, this.context)
    const measureSagas = flags.sagas ? await this.#sagaMeter(bus, openStore, flags.descriptions) : undefined
    const measureOnce = () => measure({ bus, topics, measureLag, openStore, measureSagas })
    const build = buildOf(this.config.version)
    if (address === undefined) {
      const measurement = await measureOnce()
      if (!measurement.bus.ok) throw measurement.bus.error
      await this.print(formatMetrics(measurement, build))
      for (const failure of [storeFailure(measurement.store), sagaFailure(measurement.sagas)]) {
        if (failure !== undefined) await this.notice(failure)
      }
      if (measurement.bus.lag.groups.length === 0)
        await this.notice(await this.whyEmpty(bus, 'group', 'no groups to measure'))
      return lagDocument(measurement.bus.lag, this.context.now())
    }
    const { serveMetrics } = await import('../cli/metrics/metrics-server.ts')
    await serveMetrics({
      ...address,
      measure: measureOnce,
      build,
      signal: this.signal,
      onNotice: (notice) => void this.notice(notice),
    })
    return undefined
  }
  /** Returns what measures the sagas that are described. The descriptions are read once. */
  async #sagaMeter(bus: EventBus, openStore: () => ReturnType<typeof openExistingStore>, named: string | undefined) {
    const [{ readDescriptions, howToDescribe }, { sagaMeter }] = await Promise.all([
      import('../cli/sagas/describe-sagas.ts'),
      import('../operations/metrics/sagas.ts'),
    ])
    const files = await readDescriptions(placesOf(await this.configuration(), this.context, named))
    if (files.length === 0) {
      throw new UsageError('--sagas needs descriptions of sagas, and there is no folder "sagas"', howToDescribe())
    }
    return sagaMeter({ bus, files, openStore, now: this.context.now, signal: this.signal })
  }
}
