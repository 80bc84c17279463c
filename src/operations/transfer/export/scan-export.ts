import { existsSync } from 'node:fs'
import type { EventBus } from '../../../bus/event-bus.ts'
import { type ExportEnd, type ExportHeader, readEnd, readHeader } from '../frames/export-header.ts'
import { type Damage, readFrames } from '../frames/frame-reader.ts'
import { readRecords } from '../frames/read-records.ts'
import { Tally } from '../tally.ts'
import type { FramesStart } from './frames-sink.ts'
import { partPath } from './output.ts'

/** What a file of frames holds, for continuing it. */
export interface ScannedExport {
  readonly header: ExportHeader | undefined
  /** The end of the export; `undefined` if the export was killed. */
  readonly end: ExportEnd | undefined
  readonly start: FramesStart
  /** Damage with whole frames behind it, which is not the end of an interrupted export. */
  readonly damage: Damage | undefined
}

/**
 * Reads a file of frames to its last whole frame. Damage at the end of the file is what a killed export leaves, so it is left out.
 * Throws `DamagedFile` if the file does not begin like one.
 */
export async function scanExport(path: string): Promise<ScannedExport> {
  const tally = new Tally()
  let header: ExportHeader | undefined
  let end: ExportEnd | undefined
  let number = 0
  let written = 0
  let pending: Damage | undefined
  let damage: Damage | undefined
  for await (const frame of readFrames(path, { onDamage: (found) => (pending ??= found) })) {
    damage ??= pending
    const payload = await frame.payload()
    if (frame.type === 'header') header = readHeader(payload)
    end = frame.type === 'end' ? readEnd(payload) : undefined
    if (frame.type === 'records' && header !== undefined) {
      const names = header.topics.map(({ topic }) => topic)
      for (const run of readRecords(payload, names)) for (const record of run) tally.add(record)
    }
    // The end is written again after the records that follow.
    if (frame.type === 'end') continue
    number = frame.number + 1
    written = frame.end
  }
  return { header, end, start: { number, written, tally, hasHeader: header !== undefined }, damage }
}

/** Returns the number of the last file of a split export that exists; 0 if there is none. */
export function lastPart(path: string): number {
  let part = 0
  while (existsSync(partPath(path, part + 1))) part += 1
  return part
}

/** Whether the last exported record of each partition is still the one in the topic. False: a topic was created again. */
export async function isSameLog(bus: EventBus, tally: Tally): Promise<boolean> {
  const ranges = await bus.log.rangesOf([...new Set(tally.partitions.map(({ topic }) => topic))])
  return tally.partitions.every(({ topic, partition, last }) => {
    const range = ranges.get(topic)?.find((one) => one.partition === partition)
    return range !== undefined && range.end > last
  })
}
