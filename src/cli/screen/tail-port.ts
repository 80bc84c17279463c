import { EventBusError } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { compileFilter } from '../../operations/events/event-filter.ts'
import { type EventView, type Reading, viewOf } from '../../operations/events/event-view.ts'
import { WhereTooLongError } from '../../operations/events/expression.ts'
import { tail } from '../../operations/tail/tail.ts'
import { formatOutage } from '../../ui/format-outage.ts'
import type { TailRequest, TailUpdate } from '../../ui/live/ports.ts'
import { tailNoticeText } from '../../ui/notes/tail-notices.ts'
import { recordRow } from '../../ui/records/record-row.ts'
import type { TimeZone } from '../../ui/text/format-time.ts'

/** The newest events with which a request without a start begins. */
const NEWEST_EVENTS = 200

interface TailContext {
  readonly reading: Reading
  readonly timeZone: TimeZone
  readonly now: () => number
  readonly signal: AbortSignal
}

/**
 * Reads the events of the live screen. After the newest ones, follows the topics; from an offset on, reads the first
 * events up to the limit of the request. An expression that is invalid and an error of the bus are updates.
 */
export async function* tailRows(
  bus: EventBus,
  request: TailRequest,
  { reading, timeZone, now, signal }: TailContext,
): AsyncGenerator<TailUpdate> {
  const { topics, from, where, grep, limit } = request
  const compiled = await compileFilter({ where: where || undefined, grep: grep || undefined })
  if (!compiled.ok) {
    yield { kind: 'failed', reason: `where: ${compiled.reason.split('\n')[0]}` }
    return
  }
  const notices: TailUpdate[] = []
  const notice = (text: string) => void notices.push({ kind: 'notice', text })
  const batches = tail(bus, {
    topics,
    partitions: from && (() => [from.partition]),
    from: from && (from.offset === 'start' ? { kind: 'start' } : { kind: 'offset', offset: from.offset }),
    follow: from === undefined,
    last: NEWEST_EVENTS,
    limit: from && limit,
    filter: compiled.filter,
    reading,
    signal,
    onNotice: (found) => notice(tailNoticeText(found, timeZone)),
    onOutage: (outage) => notice(formatOutage(outage, now(), timeZone)),
  })
  try {
    for await (const batch of batches) {
      yield* notices.splice(0)
      // More than the screen keeps need not be copied.
      const shown = from === undefined ? batch.slice(-limit) : batch
      yield { kind: 'events', rows: shown.map((view) => recordRow(ownCopy(view, reading), { timeZone, now })) }
    }
    yield* notices.splice(0)
    yield { kind: 'complete' }
  } catch (error) {
    if (!(error instanceof EventBusError || error instanceof WhereTooLongError)) throw error
    yield { kind: 'failed', reason: error.message }
  }
}

/** Copies the bytes of a record. They are views on the bytes of a whole batch, which a row would keep in memory. */
function ownCopy({ record }: EventView, reading: Reading): EventView {
  const { key, value, headers } = record
  const copied = {
    ...record,
    key: key && Uint8Array.from(key),
    value: value && Uint8Array.from(value),
    headers: headers.map(([name, own]) => [name, own && Uint8Array.from(own)] as const),
  }
  return viewOf(copied, reading)
}
