import type { NewRecord } from '../../bus/record.ts'
import type { EventSettings } from './event-settings.ts'
import { readInput } from './input.ts'
import { BadInputError, type InputLine, type LineRange } from './lines.ts'

/** Maximum batch size. Larger batches were not faster in measurements, and progress should be reported often. */
export const MAX_BATCH_RECORDS = 4000
const MAX_BATCH_BYTES = 512 * 1024
/** Milliseconds that a batch waits for more lines, so that slow input is sent line by line. */
const LINGER_MS = 5

/** Records to append together, with the event type and the line of each. */
export interface Batch {
  readonly records: readonly NewRecord[]
  readonly types: readonly (string | null)[]
  readonly lines: readonly number[]
}

interface GatherOptions {
  readonly settingsAt: (index: number) => EventSettings
  readonly only: readonly LineRange[] | undefined
  readonly maxRecords: number
  readonly signal: AbortSignal
}

/** Reads lines into batches. A batch ends when it is full, or when no line arrives for {@link LINGER_MS}. */
export async function* gather(
  lines: AsyncIterable<readonly InputLine[]>,
  { settingsAt, only, maxRecords, signal }: GatherOptions,
): AsyncGenerator<Batch, undefined> {
  const input = lines[Symbol.asyncIterator]()
  let reading: Promise<IteratorResult<readonly InputLine[]>> | undefined
  let batch = emptyBatch()
  let index = 0
  try {
    while (!signal.aborted) {
      reading ??= input.next()
      const read = await firstOf(reading, batch.records.length === 0 ? undefined : LINGER_MS, signal)
      if (read === 'late') {
        yield batch
        batch = emptyBatch()
        continue
      }
      if (read === 'stopped' || read.done) break
      reading = undefined
      for (const { number, text } of read.value) {
        index += 1
        // Count skipped lines too, so that a resumed run renders templates with the same numbers.
        if (only !== undefined && !isWithin(only, number)) continue
        const item = readInput(text, settingsAt(index))
        if (!item.ok) throw new BadInputError(number, item.reason, item.hints)
        batch.records.push(item.record)
        batch.types.push(item.eventType)
        batch.lines.push(number)
        batch.bytes += sizeOf(item.record)
        if (batch.records.length >= maxRecords || batch.bytes >= MAX_BATCH_BYTES) {
          yield batch
          batch = emptyBatch()
        }
      }
    }
  } catch (error) {
    if (batch.records.length > 0) yield batch
    throw error
  } finally {
    // Do not await it: a generator that waits for input returns only when input arrives.
    input.return?.().catch(() => {})
  }
  if (batch.records.length > 0) yield batch
}

const isWithin = (ranges: readonly LineRange[], line: number): boolean =>
  ranges.some(({ from, to = line }) => from <= line && line <= to)

const emptyBatch = () => ({
  records: [] as NewRecord[],
  types: [] as (string | null)[],
  lines: [] as number[],
  bytes: 0,
})

/** Size of a record in bytes, including about 20 bytes of overhead, so that batches of empty records are limited too. */
const sizeOf = ({ key, value, headers = [] }: NewRecord): number =>
  (key?.length ?? 0) +
  (value?.length ?? 0) +
  headers.reduce((size, [name, bytes]) => size + name.length + (bytes?.length ?? 0), 20)

/** Resolves with the result of `reading`, with `'late'` after `patience` milliseconds, or with `'stopped'` at the abort. */
function firstOf<T>(
  reading: Promise<T>,
  patience: number | undefined,
  signal: AbortSignal,
): Promise<T | 'late' | 'stopped'> {
  return new Promise((resolve, reject) => {
    const settle = (how: () => void) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      how()
    }
    const stop = () => settle(() => resolve('stopped'))
    const timer = patience === undefined ? undefined : setTimeout(() => settle(() => resolve('late')), patience)
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
    reading.then(
      (read) => settle(() => resolve(read)),
      (error: unknown) => settle(() => reject(error)),
    )
  })
}
