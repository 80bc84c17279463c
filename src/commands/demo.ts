import { Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base/base-command.ts'
import { busFlags, defaultInDescription, timeFlags } from '../cli/base/flags.ts'
import { MAX_DELAY_MS } from '../cli/base/parse-flags.ts'
import { refusedBy } from '../cli/config/guard.ts'
import { createDemoTopics, type DemoSummary, demoTopics, runDemo } from '../operations/demo.ts'
import { tail } from '../operations/tail/tail.ts'
import { tailNoticeText } from '../ui/notes/tail-notices.ts'
import { textFormatter } from '../ui/records/format-record-text.ts'
import { write } from '../ui/text/io.ts'

export default class Demo extends BaseCommand {
  static override summary = 'Run a checkout flow for a few seconds and show its events'
  static override document = 'demo'
  static override description =
    'Runs three aggregates and a saga, as "crbus new" generates them, on the embedded bus: orders are placed, stock is reserved, and some payments fail and are compensated.'
  static override examples = ['<%= config.bin %> demo', '<%= config.bin %> demo --checkouts 50 --pause 5']
  static override flags = {
    ...timeFlags,
    profile: busFlags.profile,
    'data-dir': { ...busFlags['data-dir'], exclusive: [] },
    checkouts: Flags.integer({
      description: 'Number of checkouts (default: 8)',
      default: 8,
      ...defaultInDescription,
      min: 1,
      helpValue: 'NUMBER',
    }),
    pause: Flags.integer({
      description: 'Milliseconds between two checkouts (default: 200)',
      helpValue: 'MILLISECONDS',
      default: 200,
      ...defaultInDescription,
      min: 0,
      max: MAX_DELAY_MS,
    }),
  }

  protected override readonly mayPrecedeBus = true
  // The demo must not publish to brokers that happen to be configured.
  protected override readonly isEmbeddedOnly = true

  async run(): Promise<DemoSummary> {
    const { flags } = await this.parse(Demo)
    const config = await this.configuration()
    const { io, now, stop } = this.context
    if (config.guard) throw refusedBy(config.guard, config)
    await this.noteProjectChoice('bus')
    const bus = await this.openBus()
    await createDemoTopics(bus)
    const columns = () => (io.stdout.isTTY && io.stdout.columns) || undefined
    const format = textFormatter({ color: io.color, columns, timeZone: this.timeZone })
    const showEvents = new AbortController()
    stop.signal.addEventListener('abort', () => showEvents.abort(), { once: true })
    const counts = { eventCount: 0, completed: 0, compensated: 0 }
    const showing = (async () => {
      const views = tail(bus, {
        topics: demoTopics,
        follow: true,
        last: 0,
        signal: showEvents.signal,
        onNotice: (notice) => void this.notice(tailNoticeText(notice, this.timeZone)),
      })
      for await (const batch of views) {
        await this.print(batch.map(format).join(''))
        for (const { envelope } of batch) {
          const type = envelope?.ok ? envelope.event.eventType : ''
          counts.eventCount += 1
          if (type === 'CheckoutCompleted.v1') counts.completed += 1
          if (type === 'CheckoutFailed.v1') counts.compensated += 1
        }
      }
    })()
    const { parts } = await import('../demo/service.ts')
    const { started, run } = await runDemo(bus, {
      parts,
      checkouts: flags.checkouts,
      pause: flags.pause,
      now,
      signal: stop.signal,
      onError: ({ message }) => void this.notice(`note: ${message}`),
      ended: () => counts.completed + counts.compensated,
    })
    showEvents.abort()
    await showing
    const summary = { checkoutCount: started, ...counts, correlationId: `checkout-${run}-${Math.min(3, started)}` }
    await write(
      io.stderr,
      `
${started} checkouts: ${counts.completed} completed, ${counts.compensated} compensated after a failed payment; ${counts.eventCount} events on ${demoTopics.length} topics

Next:
  crbus tail ${demoTopics.join(' ')} --correlation-id ${summary.correlationId} --no-follow
  crbus tail payment-events --where 'data.amount > 100000' --no-follow
  crbus topics describe order-events
  crbus new service shop    # create your own service
`,
      this.signal,
    )
    return summary
  }
}
