import type { EventBus } from '../../../bus/event-bus.ts'
import type { BusRecord } from '../../../bus/record.ts'
import type { ReadOptions } from '../../../bus/topic-log.ts'
import type { EventFilter } from '../../events/event-filter.ts'
import type { EventView, Reading } from '../../events/event-view.ts'
import { mergeByTime } from '../../tail/merge-by-time.ts'
import { passingViews } from '../../tail/passing-views.ts'
import { filterRecords } from '../../tail/time-range.ts'
import type { Tally } from '../tally.ts'
import { isWithin, type Range } from './plan.ts'
import type { ExportSink } from './sink.ts'

export interface ReadRange extends Pick<Range, 'slices' | 'times'> {
  readonly filter?: EventFilter | undefined
  readonly reading?: Reading | undefined
  readonly signal: AbortSignal
  readonly onOutage?: ReadOptions['onOutage']
  readonly outageLimit?: number | undefined
  /** Merges the partitions by the timestamps of their records, which takes longer. */
  readonly byTime: boolean
}

/** Reads the records of a range that pass the filter, in batches. An abort ends the reading. */
export async function* readRange(bus: EventBus, request: ReadRange): AsyncGenerator<readonly EventView[]> {
  const { slices, times, filter, reading, signal, onOutage, outageLimit, byTime } = request
  const options = { signal, onOutage, outageLimit }
  const open = slices.filter(({ from, to }) => from < to)
  if (open.length === 0) return
  const batches: AsyncIterable<readonly BusRecord[]> = byTime
    ? mergeByTime(open.map((slice) => bus.log.read([slice], options)))
    : bus.log.read(open, options)
  for await (const batch of times === undefined ? batches : filterRecords(batches, isWithin(times))) {
    yield* passingViews(batch, { filter, reading, signal })
    if (signal.aborted) return
  }
}

/** Writes the records of a range to a sink and yields after each batch. `tally` counts them. */
export async function* exportRange(
  bus: EventBus,
  request: ReadRange,
  sink: ExportSink,
  tally: Tally,
): AsyncGenerator<void> {
  for await (const views of readRange(bus, request)) {
    for (const { record } of views) tally.add(record)
    await sink.add(views)
    yield
  }
  await sink.finish(!request.signal.aborted)
}
