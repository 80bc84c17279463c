import { createHash } from 'node:crypto'
import { EventBusError } from '../../../bus/errors.ts'
import { causeOf } from '../../../files/cause.ts'
import { BadInputError } from '../../publish/lines.ts'
import type { SchemaSet } from '../../schemas/compiled.ts'
import { damagedFile } from '../damaged-file.ts'
import { type ExportEnd, type ExportHeader, readEnd, readHeader } from '../frames/export-header.ts'
import { type Damage, DamagedFile, readFrames } from '../frames/frame-reader.ts'
import { Tally } from '../tally.ts'
import { isFrames, readLines, readParts } from './read-files.ts'

/** A file to import, with what it holds. */
export interface SourceFile {
  readonly path: string
  readonly format: 'frames' | 'ndjson'
  /** Tells the content of one file from that of another. */
  readonly fingerprint: string
  readonly tally: Tally
  /** The number of partitions by topic, as exported; for lines, one more than the largest partition. */
  readonly partitions: ReadonlyMap<string, number>
  /** Absent: the file has lines. */
  readonly header?: ExportHeader | undefined
  /** The end of the export. Absent: the file has lines, or the export was killed. */
  readonly end?: ExportEnd | undefined
  /** The damaged parts, which are not imported. */
  readonly damage: readonly Damage[]
  /** The number of records without a topic. */
  readonly unnamed: number
}

export interface InspectOptions {
  readonly schemas: SchemaSet | undefined
  /** Leaves out damaged parts instead of throwing. */
  readonly skipDamaged: boolean
}

/**
 * Reads a file to import: what it holds, and whether it is whole. Throws `REFUSED` with the position of the damage, and for an
 * export that did not end.
 */
export async function inspectFile(path: string, options: InspectOptions): Promise<SourceFile> {
  try {
    return (await isFrames(path)) ? await inspectFrames(path, options) : await inspectLines(path, options)
  } catch (error) {
    if (error instanceof DamagedFile) throw damagedFile(path, error)
    if (error instanceof BadInputError) {
      throw new EventBusError('REFUSED', `${path}: ${error.message}`, { hints: error.hints })
    }
    if (!('syscall' in (error as object))) throw error
    throw new EventBusError('REFUSED', `cannot read ${path}: ${causeOf(error, path)}`, { cause: error })
  }
}

async function inspectFrames(path: string, { skipDamaged }: InspectOptions): Promise<SourceFile> {
  const damage: Damage[] = []
  const tolerance = skipDamaged ? { onDamage: (found: Damage) => void damage.push(found) } : {}
  const hash = createHash('sha256')
  let header: ExportHeader | undefined
  let end: ExportEnd | undefined
  for await (const frame of readFrames(path, tolerance)) {
    hash.update(`${frame.number} ${frame.checksum}\n`)
    if (frame.type === 'header') header = readHeader(await frame.payload())
    end = frame.type === 'end' ? readEnd(await frame.payload()) : undefined
  }
  if (end === undefined && !skipDamaged) {
    throw damagedFile(path, { position: 0, reason: 'the export was killed before its end', isTorn: true })
  }
  const tally = new Tally()
  // The end counts the records of a whole file.
  if (end !== undefined && damage.length === 0) tally.addCounts(end)
  else await countRecords(path, tally, damage)
  return {
    ...{ path, format: 'frames', fingerprint: hash.digest('hex'), tally, header, end, damage, unnamed: 0 },
    partitions: new Map(header?.topics.map(({ topic, partitions }) => [topic, partitions])),
  }
}

/** Counts the records of a damaged file, and lists the damage, also that which only decoding finds. */
async function countRecords(path: string, tally: Tally, damage: Damage[]): Promise<void> {
  damage.length = 0
  for await (const part of readParts(path, { onDamage: (found) => void damage.push(found) })) {
    if (part.kind === 'records') for (const run of part.runs) for (const record of run) tally.add(record)
  }
}

async function inspectLines(path: string, { schemas }: InspectOptions): Promise<SourceFile> {
  const hash = createHash('sha256')
  const tally = new Tally()
  const partitions = new Map<string, number>()
  let unnamed = 0
  for await (const lines of readLines(path, { schemas, hash })) {
    for (const { line, topic, partition = 0, record } of lines) {
      if (topic === undefined) unnamed += 1
      const name = topic ?? ''
      partitions.set(name, Math.max(partitions.get(name) ?? 1, partition + 1))
      const { timestamp = -1n } = record
      tally.add({ ...record, timestamp, topic: name, partition, offset: BigInt(line) })
    }
  }
  return {
    ...{ path, format: 'ndjson', fingerprint: hash.digest('hex'), tally, partitions, damage: [], unnamed },
  }
}
