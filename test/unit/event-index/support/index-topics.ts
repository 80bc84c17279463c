import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { EventBus } from '../../../../src/bus/event-bus.ts'
import { positionName } from '../../../../src/bus/names/names.ts'
import type { BusRecord } from '../../../../src/bus/record.ts'
import { fieldReader } from '../../../../src/operations/event-index/field-paths.ts'
import {
  type IndexNotice,
  type IndexUpdated,
  type UpdateRequest,
  updateIndex,
} from '../../../../src/operations/event-index/update-index.ts'
import { compileFilter } from '../../../../src/operations/events/event-filter.ts'
import type { TailNotice } from '../../../../src/operations/tail/notices.ts'
import { type TailRequest, tail } from '../../../../src/operations/tail/tail.ts'

/** Returns a new folder that is removed after the test. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'crbus-index-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export interface Indexed extends IndexUpdated {
  readonly notices: readonly IndexNotice[]
}

/** Indexes topics to their end. */
export async function indexTopics(
  bus: EventBus,
  path: string,
  request: Partial<Pick<UpdateRequest, 'topics' | 'fields' | 'signal' | 'onProgress' | 'follow'>> = {},
): Promise<Indexed> {
  const notices: IndexNotice[] = []
  const updated = await updateIndex(bus, {
    path,
    topics: [],
    fields: [],
    fieldReader: (paths) => fieldReader(paths, {}),
    follow: false,
    signal: new AbortController().signal,
    onNotice: (notice) => notices.push(notice),
    onProgress: () => undefined,
    ...request,
  })
  return { ...updated, notices }
}

/** Returns the positions of the events of a correlation id, as `crbus tail --no-follow` shows them. */
export async function tailCorrelation(
  bus: EventBus,
  request: Pick<TailRequest, 'topics'> &
    Partial<Pick<TailRequest, 'from' | 'to' | 'last' | 'limit' | 'indexPath' | 'partitions'>> & {
      readonly correlationId: string
    },
): Promise<{ readonly positions: readonly string[]; readonly notices: readonly TailNotice[] }> {
  const compiled = await compileFilter({ correlationId: request.correlationId })
  if (!compiled.ok) throw new Error(compiled.reason)
  const notices: TailNotice[] = []
  const positions: string[] = []
  const views = tail(bus, {
    follow: false,
    last: 10,
    filter: compiled.filter,
    signal: new AbortController().signal,
    onNotice: (notice) => notices.push(notice),
    ...request,
  })
  for await (const batch of views) positions.push(...batch.map(({ record }) => positionName(record)))
  return { positions, notices }
}

/** Reads all records of a topic. */
export async function readAll(bus: EventBus, topic: string): Promise<BusRecord[]> {
  const ranges = await bus.log.ranges(topic)
  const slices = ranges.map(({ partition, start, end }) => ({ topic, partition, from: start, to: end }))
  const records: BusRecord[] = []
  for await (const batch of bus.log.read(slices)) records.push(...batch)
  return records
}
