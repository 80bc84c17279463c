import type { Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import type { BusRecord } from '../../../bus/record.ts'
import type { EventSettings } from '../../publish/event-settings.ts'
import { readInput } from '../../publish/input.ts'
import { BadInputError, linesOf } from '../../publish/lines.ts'
import type { SchemaSet } from '../../schemas/compiled.ts'
import { type ExportEnd, type ExportHeader, readEnd, readHeader } from '../frames/export-header.ts'
import { type Damage, DamagedFile, type Frame, hasFrames, readFrames } from '../frames/frame-reader.ts'
import { InvalidRecords, readRecords } from '../frames/read-records.ts'
import { type LineTopic, topicOfLine } from './topic-of-line.ts'

/** Frames whose decompression has begun before the records are asked for. */
const MAX_AHEAD = 3

/** Options for a file that may be damaged. */
export interface Tolerance {
  /** Called for each damaged part, which is left out. Absent: damage is thrown. */
  readonly onDamage?: ((damage: Damage) => void) | undefined
}

/** Whether a file is in the format `frames`. */
export async function isFrames(path: string): Promise<boolean> {
  const file = await open(path)
  try {
    return await hasFrames(file)
  } finally {
    await file.close()
  }
}

/** Headers, records and ends of a file of frames. */
export type FramePart =
  | { readonly kind: 'header'; readonly header: ExportHeader }
  | { readonly kind: 'records'; readonly runs: readonly (readonly BusRecord[])[] }
  | { readonly kind: 'end'; readonly end: ExportEnd }

/** Decodes the frames of a file in order. The next frames are read and decompressed meanwhile. Throws {@link DamagedFile}. */
export async function* readParts(path: string, { onDamage }: Tolerance = {}): AsyncGenerator<FramePart> {
  const frames = readFrames(path, { onDamage })
  const ahead: { readonly frame: Frame; readonly payload: Promise<Buffer> }[] = []
  let names: readonly string[] | undefined
  let isEnd = false
  const decode = (frame: Frame, payload: Buffer): FramePart => {
    const invalid = (reason: string) => new DamagedFile({ position: frame.position, reason, isTorn: false })
    if (frame.type === 'header') {
      const header = readHeader(payload)
      if (header === undefined) throw invalid('the header is not one of an export')
      names = header.topics.map(({ topic }) => topic)
      return { kind: 'header', header }
    }
    if (frame.type === 'end') {
      const end = readEnd(payload)
      if (end === undefined) throw invalid('the end is not one of an export')
      return { kind: 'end', end }
    }
    if (names === undefined) throw invalid('there is no header before the records')
    try {
      return { kind: 'records', runs: readRecords(payload, names) }
    } catch (error) {
      if (error instanceof InvalidRecords) throw invalid(`the records are invalid: ${error.message}`)
      throw error
    }
  }
  while (true) {
    while (!isEnd && ahead.length < MAX_AHEAD) {
      const { done, value } = await frames.next()
      isEnd = done === true
      if (done) break
      const payload = value.payload()
      // The error is thrown where the frame is decoded.
      payload.catch(() => {})
      ahead.push({ frame: value, payload })
    }
    const next = ahead.shift()
    if (next === undefined) return
    try {
      yield decode(next.frame, await next.payload)
    } catch (error) {
      if (!(error instanceof DamagedFile) || onDamage === undefined) throw error
      onDamage(error)
    }
  }
}

/** A line of an export as a record. */
export interface LineRecord {
  readonly line: number
  /** The topic that the line names; `undefined` if it names none. */
  readonly topic: LineTopic
  /** `undefined` if the line names none, so that the key decides. */
  readonly partition: number | undefined
  readonly record: Omit<BusRecord, 'topic' | 'partition' | 'offset' | 'timestamp' | 'timestampType'> & {
    readonly timestamp: bigint | undefined
  }
}

/** Reads the records of a file of lines, as `publish` does, in the partitions that the lines name. Throws `BadInputError`. */
export async function* readLines(
  path: string,
  { schemas, hash }: { readonly schemas: SchemaSet | undefined; readonly hash?: Hash | undefined },
): AsyncGenerator<readonly LineRecord[]> {
  const settingsOf = new Map<string, EventSettings>()
  const chunks = createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>
  const hashed = async function* () {
    for await (const chunk of chunks) {
      hash?.update(chunk)
      yield chunk
    }
  }
  for await (const lines of linesOf(hashed())) {
    yield lines.map(({ number, text }): LineRecord => {
      const topic = topicOfLine(text)
      const name = topic ?? ''
      let settings = settingsOf.get(name)
      if (settings === undefined) {
        settings = { topic: name, schemas, envelope: 'bincode', metadata: null, headers: [], keepPartitions: true }
        settingsOf.set(name, settings)
      }
      const read = readInput(text, settings)
      if (!read.ok) throw new BadInputError(number, read.reason, read.hints)
      const { key, value, headers = [], timestamp, partition } = read.record
      return { line: number, topic, partition, record: { key, value, headers, timestamp } }
    })
  }
}
