import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { Flags } from '@oclif/core'
import type { EventBus } from '../bus/event-bus.ts'
import { sleep } from '../bus/time/sleep.ts'
import { BaseCommand } from '../cli/base/base-command.ts'
import { busFlags, defaultInDescription, timeFlags } from '../cli/base/flags.ts'
import { MAX_DELAY_MS } from '../cli/base/parse-flags.ts'
import { refusedBy } from '../cli/config/guard.ts'
import { onSameBus } from '../cli/same-bus.ts'
import { shellWord } from '../cli/suggestions.ts'
import { DEMO_GROUP, type DemoFindings, demoFindings, leaveGroupBehind } from '../operations/demo/findings.ts'
import {
  findHangingOrder,
  type HangingOrder,
  WRONG_TOTAL,
  withStrictPayment,
} from '../operations/demo/hanging-order.ts'
import {
  countWritten,
  createDemoTopics,
  demoTopics,
  describeDemoSaga,
  openDemoStore,
  startDemo,
} from '../operations/demo/run-demo.ts'
import type { EventView } from '../operations/events/event-view.ts'
import { tail } from '../operations/tail/tail.ts'
import { DemoRows, formatDemoFindings, formatHangingOrder } from '../ui/format-demo.ts'
import { tailNoticeText } from '../ui/notes/tail-notices.ts'
import { textFormatter } from '../ui/records/format-record-text.ts'
import { write } from '../ui/text/io.ts'
import { plural } from '../ui/text/listed.ts'

/** What the demo did: its document. */
interface DemoSummary {
  /** The number of checkouts that were started, without the one that hangs. */
  readonly checkoutCount: number
  readonly completed: number
  /** The number of checkouts whose payment failed, so that their order was canceled. */
  readonly compensated: number
  readonly eventCount: number
  /** The correlation id of one checkout, as an example to look at. Absent without new checkouts, like the next one. */
  readonly correlationId: string | undefined
  /** The correlation id of the order that hangs. */
  readonly hangingCorrelationId: string | undefined
}

/** The folder of the demo's bus, in the data folder. */
const DEMO_FOLDER = 'demo'
/** The default of --pause on a terminal, where people watch, and elsewhere. */
const WATCHED_PAUSE_MS = 2000
const PAUSE_MS = 200
/** The rows of a terminal that the rows of checkouts leave free: header, summary and the next prompt. */
const OTHER_ROWS = 3
/** The number of events of a compensated checkout, which is the longest. */
const EVENTS_OF_COMPENSATED = 6
const POLL_INTERVAL_MS = 20
const CURSOR_UP = (lines: number): string => `\u001b[${lines}A`
const ERASE_LINE = '\u001b[2K'

export default class Demo extends BaseCommand {
  static override summary = 'Run a checkout flow for a few seconds and show its events'
  static override document = 'demo'
  static override description =
    'Runs three aggregates and a saga, as "crbus new" generates them, on an embedded bus of its own: orders are placed, stock is reserved, and some payments fail and are compensated. On a terminal, each checkout is a row that fills in; elsewhere, the events are printed as lines. Then the demo shows what "crbus lag", "crbus tail", "crbus trace" and "crbus reset" find on its bus. The group crbus-demo-audit stays behind, and one order hangs, to try the commands on. The event store and the description of the saga are beside the bus.'
  static override examples = [
    '<%= config.bin %> demo',
    '<%= config.bin %> demo --checkouts 50 --pause 5',
    '<%= config.bin %> demo --keep-running',
  ]
  static override flags = {
    ...timeFlags,
    'data-dir': {
      ...busFlags['data-dir'],
      description:
        'Folder in which the demo keeps its bus, in a folder "demo" (default: your data folder; env CRBUS_DATA_DIR)',
      exclusive: [],
    },
    checkouts: Flags.integer({
      description: 'Number of checkouts; with 0, the services only handle what waits for them (default: 8)',
      default: 8,
      ...defaultInDescription,
      min: 0,
      helpValue: 'NUMBER',
    }),
    pause: Flags.integer({
      description: `Milliseconds between two checkouts (default: ${WATCHED_PAUSE_MS} on a terminal, else ${PAUSE_MS})`,
      helpValue: 'MILLISECONDS',
      min: 0,
      max: MAX_DELAY_MS,
    }),
    'keep-running': Flags.boolean({ description: 'Keep the services running until Ctrl-C' }),
  }

  protected override readonly mayPrecedeBus = true

  async run(): Promise<DemoSummary> {
    const { flags } = await this.parse(Demo)
    const { io, now, stop, env, dataFolder, cwd } = this.context
    // A bus of its own: the events of the demo must not be among those of the user, whatever bus is configured.
    const parent = resolve(cwd, flags['data-dir'] ?? (env.CRBUS_DATA_DIR || dataFolder))
    const folder = join(parent, DEMO_FOLDER)
    this.given = { ...this.given, 'data-dir': folder }
    const config = await this.configuration()
    if (config.guard) throw refusedBy(config.guard, config)
    const bus = await this.openBus()
    await createDemoTopics(bus)
    await leaveGroupBehind(bus)
    await using store = await openDemoStore(folder)
    await this.#describeSaga(folder)

    const { checkouts } = flags
    const rows = checkouts === 0 ? 0 : checkouts + 1
    const hasRows = io.screen && !this.isJson && rows > 0 && rows + OTHER_ROWS < (io.stdout.rows ?? 0)
    const pause = flags.pause ?? (hasRows ? WATCHED_PAUSE_MS : PAUSE_MS)
    const run = Math.floor(now() % 1e9).toString(36)
    const idOf = (number: number) => `checkout-${run}-${number}`
    const hangingId = idOf(checkouts + 1)

    const before = await countWritten(bus)
    const shown = this.#show(
      bus,
      hasRows ? this.#checkoutRows(rows, pause / EVENTS_OF_COMPENSATED) : this.#eventLines(),
    )
    const { parts, sampleOrder } = await loadService()
    await using service = await startDemo(bus, {
      ...{ parts, store, now },
      // The order that hangs is described at the end.
      onError: ({ message, event }) => {
        if (event?.metadata?.correlationId !== hangingId) void this.notice(`note: ${message}`)
      },
    })
    let started = 0
    while (started < checkouts && !stop.signal.aborted) {
      started += 1
      await service.place(sampleOrder(started), idOf(started))
      await sleep(pause, stop.signal)
    }
    if (started > 0 && !stop.signal.aborted) await service.place(sampleOrder(started + 1, WRONG_TOTAL), hangingId)
    await service.settled(stop.signal)
    const counts = await shown.upTo((await countWritten(bus)) - before)
    const hanging = await findHangingOrder(store, hangingId)
    const correlationId = started === 0 ? undefined : idOf(Math.min(3, started))
    const summary = { checkoutCount: started, ...counts, correlationId, hangingCorrelationId: hanging?.correlationId }
    const isDone = correlationId !== undefined && !stop.signal.aborted
    const findings = isDone
      ? await demoFindings(bus, { topics: demoTopics, correlationId, now, signal: this.signal })
      : undefined
    const onBus = (command: string) => onSameBus(command, { 'data-dir': folder })
    // The user may have pointed CRBUS_DATA_DIR at this bus, so name the folder that contains it.
    const again = flags['keep-running'] ? undefined : `crbus demo --checkouts 0 --data-dir ${shellWord(parent)}`
    await write(io.stderr, summaryText(summary, { findings, hanging, onBus, again }), this.signal)
    if (flags['keep-running']) {
      await this.notice('The services run until Ctrl-C.')
      if (!stop.signal.aborted) await once(stop.signal, 'abort')
    }
    await shown.end()
    return summary
  }

  /** Writes the description of the saga beside the bus. */
  async #describeSaga(folder: string): Promise<void> {
    const { default: description } = await import('../demo/checkout/description.json', { with: { type: 'json' } })
    describeDemoSaga(folder, description)
  }

  /** Shows the events that are published from now on, and counts them. */
  #show(bus: EventBus, display: EventDisplay): ShownEvents {
    const stop = new AbortController()
    const signal = AbortSignal.any([stop.signal, this.signal])
    const counts = { eventCount: 0, completed: 0, compensated: 0 }
    let current = display
    const showing = (async () => {
      const views = tail(bus, {
        ...{ topics: demoTopics, follow: true, last: 0, signal },
        onNotice: (notice) => void this.notice(tailNoticeText(notice, this.timeZone)),
      })
      for await (const batch of views) {
        await current.show(batch)
        for (const { envelope } of batch) {
          const type = envelope?.ok ? envelope.event.eventType : ''
          counts.eventCount += 1
          if (type === 'CheckoutCompleted.v1') counts.completed += 1
          if (type === 'CheckoutFailed.v1') counts.compensated += 1
        }
      }
    })()
    return {
      upTo: async (count) => {
        while (counts.eventCount < count && !signal.aborted) await sleep(POLL_INTERVAL_MS, signal)
        await current.end()
        // What follows the summary cannot change the rows above it.
        current = this.#eventLines()
        return { ...counts }
      },
      end: async () => {
        stop.abort()
        await showing
      },
    }
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

type EventCounts = Pick<DemoSummary, 'eventCount' | 'completed' | 'compensated'>

/** The events that the demo shows while they are published. */
interface ShownEvents {
  /** Resolves when this number of events is shown, with the numbers so far. */
  upTo(count: bigint): Promise<EventCounts>
  /** Shows no more events. */
  end(): Promise<void>
}

/** Loads the services of the demo. A sample order with the given total, or with one that differs by number. */
async function loadService() {
  const [{ parts }, { paymentAggregate }, { orderCodec }] = await Promise.all([
    import('../demo/service.ts'),
    import('../demo/payment/aggregate.ts'),
    import('../demo/order/codec.ts'),
  ])
  return {
    parts: withStrictPayment(parts, paymentAggregate),
    sampleOrder: (number: number, total = 500 + ((number * 49_000) % 150_000)) =>
      orderCodec.encode({ type: 'PlaceOrder', order_id: randomUUID(), item: `item-${number}`, total }),
  }
}

interface SummaryRequest {
  readonly findings: DemoFindings | undefined
  readonly hanging: HangingOrder | undefined
  readonly onBus: (command: string) => string
  /** The command that runs the services again; absent if they keep running. */
  readonly again: string | undefined
}

function summaryText(
  { checkoutCount, completed, compensated, eventCount, correlationId }: DemoSummary,
  { findings, hanging, onBus, again }: SummaryRequest,
): string {
  const checkouts = checkoutCount === 0 ? 'no new checkouts' : plural(checkoutCount, 'checkout')
  const found =
    findings === undefined || correlationId === undefined
      ? ''
      : `What crbus shows of these checkouts:\n${formatDemoFindings(findings, commandsOf(correlationId, onBus))}\n`
  return `
${checkouts}: ${completed} completed, ${compensated} compensated after a failed payment; ${eventCount} events on ${demoTopics.length} topics

${found}${hanging === undefined ? '' : formatHangingOrder(hanging, onBus, again)}Next:
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
