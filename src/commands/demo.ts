import { join, resolve } from 'node:path'
import { Flags } from '@oclif/core'
import { sleep } from '../bus/time/sleep.ts'
import { BaseCommand } from '../cli/base/base-command.ts'
import { busFlags, defaultInDescription, timeFlags } from '../cli/base/flags.ts'
import { MAX_DELAY_MS } from '../cli/base/parse-flags.ts'
import { refusedBy } from '../cli/config/guard.ts'
import { onSameBus } from '../cli/same-bus.ts'
import { createDemoTopics, type DemoSummary, demoTopics, runDemo } from '../operations/demo.ts'
import { DEMO_GROUP, type DemoFindings, demoFindings, leaveGroupBehind } from '../operations/demo-findings.ts'
import type { EventView } from '../operations/events/event-view.ts'
import { tail } from '../operations/tail/tail.ts'
import { DemoRows, formatDemoFindings } from '../ui/format-demo.ts'
import { tailNoticeText } from '../ui/notes/tail-notices.ts'
import { textFormatter } from '../ui/records/format-record-text.ts'
import { write } from '../ui/text/io.ts'

/** The folder of the demo's bus, in the data folder. */
const DEMO_FOLDER = 'demo'
/** The default of --pause on a terminal, where people watch, and elsewhere. */
const WATCHED_PAUSE_MS = 2000
const PAUSE_MS = 200
/** The rows of a terminal that the rows of checkouts leave free: header, summary and the next prompt. */
const OTHER_ROWS = 3
/** The number of events of a completed checkout: order, stock, payment and the end; two more if it is compensated. */
const EVENTS_OF_COMPLETED = 4
const EVENTS_OF_COMPENSATED = 6
const CURSOR_UP = (lines: number): string => `\u001b[${lines}A`
const ERASE_LINE = '\u001b[2K'

export default class Demo extends BaseCommand {
  static override summary = 'Run a checkout flow for a few seconds and show its events'
  static override document = 'demo'
  static override description =
    'Runs three aggregates and a saga, as "crbus new" generates them, on an embedded bus of its own: orders are placed, stock is reserved, and some payments fail and are compensated. On a terminal, each checkout is a row that fills in; elsewhere, the events are printed as lines. Then the demo shows what "crbus lag", "crbus tail", "crbus trace" and "crbus reset" find on its bus. The group crbus-demo-audit stays behind, to try the commands on.'
  static override examples = ['<%= config.bin %> demo', '<%= config.bin %> demo --checkouts 50 --pause 5']
  static override flags = {
    ...timeFlags,
    'data-dir': {
      ...busFlags['data-dir'],
      description:
        'Folder in which the demo keeps its bus, in a folder "demo" (default: your data folder; env CRBUS_DATA_DIR)',
      exclusive: [],
    },
    checkouts: Flags.integer({
      description: 'Number of checkouts (default: 8)',
      default: 8,
      ...defaultInDescription,
      min: 1,
      helpValue: 'NUMBER',
    }),
    pause: Flags.integer({
      description: `Milliseconds between two checkouts (default: ${WATCHED_PAUSE_MS} on a terminal, else ${PAUSE_MS})`,
      helpValue: 'MILLISECONDS',
      min: 0,
      max: MAX_DELAY_MS,
    }),
  }

  protected override readonly mayPrecedeBus = true

  async run(): Promise<DemoSummary> {
    const { flags } = await this.parse(Demo)
    const { io, now, stop, env, dataFolder, cwd } = this.context
    // A bus of its own: the events of the demo must not be among those of the user, whatever bus is configured.
    const folder = join(resolve(cwd, flags['data-dir'] ?? (env.CRBUS_DATA_DIR || dataFolder)), DEMO_FOLDER)
    this.given = { ...this.given, 'data-dir': folder }
    const config = await this.configuration()
    if (config.guard) throw refusedBy(config.guard, config)
    const bus = await this.openBus()
    await createDemoTopics(bus)
    await leaveGroupBehind(bus)
    const hasRows = io.screen && !this.isJson && flags.checkouts + OTHER_ROWS < (io.stdout.rows ?? 0)
    const pause = flags.pause ?? (hasRows ? WATCHED_PAUSE_MS : PAUSE_MS)
    const display = hasRows ? this.#checkoutRows(flags.checkouts, pause / EVENTS_OF_COMPENSATED) : this.#eventLines()
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
        await display.show(batch)
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
      pause,
      now,
      signal: stop.signal,
      onError: ({ message }) => void this.notice(`note: ${message}`),
      // The last event of a checkout may arrive before the others, which are on other topics.
      ended: () => (isWhole(counts) ? counts.completed + counts.compensated : 0),
    })
    showEvents.abort()
    await showing
    await display.end()
    const summary = { checkoutCount: started, ...counts, correlationId: `checkout-${run}-${Math.min(3, started)}` }
    const { correlationId } = summary
    const isStopped = stop.signal.aborted
    const findings = isStopped
      ? undefined
      : await demoFindings(bus, { topics: demoTopics, correlationId, now, signal: this.signal })
    await write(
      io.stderr,
      summaryText(summary, findings, (command) => onSameBus(command, { 'data-dir': folder })),
      this.signal,
    )
    return summary
  }

  /** Prints the events as lines. */
  #eventLines(): EventDisplay {
    const { io } = this.context
    const columns = () => (io.stdout.isTTY && io.stdout.columns) || undefined
    const format = textFormatter({ color: io.color, columns, timeZone: this.timeZone })
    return { show: (batch) => this.print(format(batch)), end: async () => {} }
  }

  /**
   * Draws a row for each checkout. A service takes milliseconds for a step, so events wait before they are shown, while the demo
   * goes on.
   */
  #checkoutRows(checkouts: number, stepPause: number): EventDisplay {
    const { io } = this.context
    const rows = new DemoRows(checkouts, io.color)
    const waiting: EventView[] = []
    let isDrawn = false
    const reveal = async () => {
      for (let view = waiting.shift(); view !== undefined && !this.signal.aborted; view = waiting.shift()) {
        rows.add(view)
        const { lines } = rows
        const text = lines.map((line) => `${ERASE_LINE}${line}\n`).join('')
        // As bytes, because `write` would escape the sequences that move the cursor.
        await write(io.stdout, Buffer.from(`${isDrawn ? CURSOR_UP(lines.length) : ''}${text}`), this.signal)
        isDrawn = true
        await sleep(stepPause, this.signal)
      }
      isRevealing = false
    }
    let isRevealing = false
    let revealed = Promise.resolve()
    return {
      show: async (batch) => {
        waiting.push(...batch)
        if (isRevealing) return
        isRevealing = true
        revealed = reveal()
      },
      end: () => revealed,
    }
  }
}

/** Shows the events of the demo. */
interface EventDisplay {
  show(batch: readonly EventView[]): Promise<void>
  /** Resolves when all events are shown. */
  end(): Promise<void>
}

/** Whether all events of the checkouts that have ended have arrived. */
const isWhole = ({
  eventCount,
  completed,
  compensated,
}: Omit<DemoSummary, 'checkoutCount' | 'correlationId'>): boolean =>
  eventCount >= completed * EVENTS_OF_COMPLETED + compensated * EVENTS_OF_COMPENSATED

function summaryText(
  { checkoutCount, completed, compensated, eventCount, correlationId }: DemoSummary,
  findings: DemoFindings | undefined,
  onBus: (command: string) => string,
): string {
  const found =
    findings === undefined
      ? ''
      : `What crbus shows of these checkouts:\n${formatDemoFindings(findings, commandsOf(correlationId, onBus))}\n`
  return `
${checkoutCount} checkouts: ${completed} completed, ${compensated} compensated after a failed payment; ${eventCount} events on ${demoTopics.length} topics

${found}Next:
  ${onBus('crbus ui')}    # groups, topics and events on a live screen
  ${onBus("crbus tail payment-events --where 'data.amount > 100000' --no-follow")}
  ${onBus('crbus topics describe order-events')}
  crbus new service shop    # create your own service
`
}

/** Returns the command lines that show what {@link demoFindings} finds. */
const commandsOf = (correlationId: string, onBus: (command: string) => string) => ({
  lag: onBus(`crbus lag --group ${DEMO_GROUP}`),
  tail: onBus(`crbus tail '*-events' --correlation-id ${correlationId} --no-follow`),
  trace: onBus(`crbus trace ${correlationId}`),
  reset: onBus(`crbus reset --group ${DEMO_GROUP} --topic order-events --to end --dry-run`),
})
