import { Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.ts'
import { busFlags } from '../cli/flags.ts'
import { refusedBy } from '../cli/guard.ts'
import { type DemoSummary, demoTopics, runDemo } from '../operations/demo.ts'
import { tail } from '../operations/tail.ts'
import { textFormatter } from '../ui/format-record-text.ts'
import { write } from '../ui/io.ts'

export default class Demo extends BaseCommand {
  static override summary = 'publish a checkout flow for a few seconds and show it live'
  static override description =
    'Orders, payments and stock on three topics of the embedded bus; some payments fail and are compensated.'
  static override examples = ['<%= config.bin %> demo', '<%= config.bin %> demo --checkouts 50 --pause 5']
  static override flags = {
    profile: busFlags.profile,
    'data-dir': { ...busFlags['data-dir'], exclusive: [] },
    checkouts: Flags.integer({ description: 'how many', default: 8, min: 1 }),
    pause: Flags.integer({ description: 'milliseconds between two events', default: 80, min: 0 }),
  }

  async run(): Promise<DemoSummary> {
    const { flags } = await this.parse(Demo)
    const { io, now, stop } = this.context
    // Never on a broker that happens to be configured: it is a demonstration, not a deed.
    const place = { profile: flags.profile, 'data-dir': flags['data-dir'], embedded: true }
    const config = await this.context.config(place)
    if (config.guard) throw refusedBy(config.guard, config)
    const bus = await this.openBus(place)
    const known = new Set((await bus.admin.listTopics()).map(({ topic }) => topic))
    for (const topic of demoTopics) if (!known.has(topic)) await bus.admin.createTopic(topic)
    const columns = (io.stdout.isTTY && io.stdout.columns) || undefined
    const format = textFormatter({ color: io.color, columns })
    const shown = new AbortController()
    stop.signal.addEventListener('abort', () => shown.abort(), { once: true })
    let events = 0
    const showing = (async () => {
      const views = tail(bus, {
        topics: demoTopics,
        follow: true,
        last: 0,
        signal: shown.signal,
        onNotice: (notice) => void this.notice(notice),
      })
      for await (const batch of views) {
        events += batch.length
        await this.print(batch.map(format).join(''))
      }
    })()
    // The reader stands before the first event, so that it shows all of them.
    await new Promise((resolve) => setTimeout(resolve, 50))
    const { checkouts, pause } = flags
    const summary = await runDemo(bus, { checkouts, pause, now, random: Math.random, signal: stop.signal })
    const deadline = now() + 5000
    while (events < summary.events && now() < deadline && !stop.signal.aborted) {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    shown.abort()
    await showing
    await write(
      io.stderr,
      `
${summary.checkouts} checkouts: ${summary.completed} completed, ${summary.compensated} compensated after a failed payment; ${summary.events} events on ${demoTopics.length} topics

Next:
  crbus tail ${demoTopics.join(' ')} --correlation-id ${summary.example} --no-follow
  crbus tail payment-events --where 'data.total_cents > 10000' --no-follow
  crbus topics describe order-events
  crbus publish order-events --type OrderPlaced.v1 --data '{"order_id":"mine"}'
`,
      this.signal,
    )
    return summary
  }
}
