import { Chalk, type ChalkInstance } from 'chalk'
import type { DemoFindings } from '../operations/demo/findings.ts'
import type { HangingOrder } from '../operations/demo/hanging-order.ts'
import type { EventView } from '../operations/events/event-view.ts'
import { cellWidth, padEndCells } from './text/cell-width.ts'
import { formatDuration } from './text/format-duration.ts'
import { plural } from './text/listed.ts'
import { printable } from './text/printable.ts'
import { traceSummary } from './trace/format-trace.ts'
import { traceDocument } from './trace/trace-document.ts'

/** What an event of the demo shows in the row of its checkout: the column, its text, and whether it failed or compensates. */
interface Mark {
  readonly column: 'order' | 'stock' | 'payment' | 'end'
  readonly text: string
  readonly kind: 'done' | 'failed' | 'undone'
}

const marks: Readonly<Record<string, Mark>> = {
  'OrderPlaced.v1': { column: 'order', text: 'placed', kind: 'done' },
  'StockReserved.v1': { column: 'stock', text: 'reserved', kind: 'done' },
  'PaymentCompleted.v1': { column: 'payment', text: 'paid', kind: 'done' },
  'PaymentFailed.v1': { column: 'payment', text: 'FAILED', kind: 'failed' },
  'StockReleased.v1': { column: 'stock', text: '↩ released', kind: 'undone' },
  'OrderCancelled.v1': { column: 'order', text: '↩ canceled', kind: 'undone' },
  'CheckoutCompleted.v1': { column: 'end', text: 'completed', kind: 'done' },
  'CheckoutFailed.v1': { column: 'end', text: 'compensated', kind: 'undone' },
}

const titles = ['CHECKOUT', 'ORDER', 'STOCK', 'PAYMENT', 'RESULT'] as const
const columns = ['order', 'stock', 'payment', 'end'] as const
/** The width of each column; the texts of the marks are known. */
const WIDTHS = [10, 20, 22, 9, 11] as const

/** The checkouts of the demo, one row for each, which fills in as events arrive. */
export class DemoRows {
  readonly #rows: Map<Mark['column'], Mark[]>[]
  readonly #chalk: ChalkInstance

  constructor(count: number, color: boolean) {
    this.#rows = Array.from({ length: count }, () => new Map())
    this.#chalk = new Chalk({ level: color ? 1 : 0 })
  }

  /** Adds an event to the row of its checkout. Ignores other events. */
  add({ envelope }: EventView): void {
    if (!envelope?.ok) return
    const { eventType, metadata } = envelope.event
    const mark = marks[eventType]
    const number = /^checkout-.*-(\d+)$/.exec(metadata?.correlationId ?? '')?.[1]
    const row = this.#rows[Number(number) - 1]
    if (mark === undefined || row === undefined) return
    const before = row.get(mark.column) ?? []
    // Events of several partitions may arrive in another order: what is undone was done before.
    row.set(mark.column, mark.kind === 'undone' ? [...before, mark] : [mark, ...before])
  }

  /** The header and the rows. Their number is always the same. */
  get lines(): readonly string[] {
    const header = titles.map((title, at) => padEndCells(title, WIDTHS[at] ?? 0)).join('')
    return [this.#chalk.dim(header.trimEnd()), ...this.#rows.map((row, at) => this.#line(row, at + 1))]
  }

  #line(row: ReadonlyMap<Mark['column'], readonly Mark[]>, number: number): string {
    const cells = columns.map((column, at) => {
      const own = row.get(column) ?? []
      const width = own.reduce((sum, { text }) => sum + cellWidth(text) + 1, 0)
      const shown = own.map((mark) => this.#paint(mark)).join(' ')
      return `${shown}${own.length === 0 ? '' : ' '}${' '.repeat(Math.max(0, (WIDTHS[at + 1] ?? 0) - width))}`
    })
    return `${padEndCells(String(number), WIDTHS[0])}${cells.join('')}`.trimEnd()
  }

  #paint({ kind, text }: Mark): string {
    if (kind === 'failed') return this.#chalk.red(text)
    return kind === 'undone' ? this.#chalk.yellow(text) : this.#chalk.green(text)
  }
}

/** Formats what four commands find on the bus of the demo, each after its command line. */
export function formatDemoFindings(
  { lag, events, trace, read, plan }: DemoFindings,
  commands: { readonly lag: string; readonly tail: string; readonly trace: string; readonly reset: string },
): string {
  const waiting = lag.lag ?? 0n
  const since = lag.age === undefined ? '' : ` for ${formatDuration(lag.age)}`
  const verdict = lag.verdict === undefined ? '' : `: ${lag.verdict}, since the group has no member`
  const lines = [
    [commands.lag, `${plural(waiting, 'event')} waiting${since}${verdict}`],
    [commands.tail, events.join(' → ')],
    [commands.trace, `a tree of what caused what: ${traceSummary(traceDocument(trace, read))}`],
    [
      commands.reset,
      `would skip ${plural(plan.skipped, 'event')} of the group; without --dry-run, it asks and saves an undo file`,
    ],
  ] as const
  return lines.map(([command, found]) => `  ${command}\n      ${printable(found)}\n`).join('')
}

/**
 * Formats how to find out why an order hangs, and how to let it continue. `again` is the command that runs the services again; without
 * it, they are running.
 */
export function formatHangingOrder(
  { correlationId, letterId, reason }: HangingOrder,
  onBus: (command: string) => string,
  again: string | undefined,
): string {
  const lines = [
    onBus(`crbus trace ${correlationId}`),
    onBus('crbus sagas stuck'),
    onBus(`crbus dlq show ${letterId}`),
    `    ${printable(reason)}`,
    `${onBus(`crbus dlq edit ${letterId}`)}    # write 1299 in place of 12.99`,
    ...(again === undefined ? [] : [`${again}    # the services handle the edited command`]),
    onBus("crbus audit '*-events'"),
  ]
  return `One more order hangs. Find out why, and let it continue:\n${lines.map((line) => `  ${line}\n`).join('')}\n`
}
