import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { BusRecord, Header } from '../../../../src/bus/record.ts'
import type { ExportEnd, ExportHeader } from '../../../../src/operations/transfer/frames/export-header.ts'
import { DamagedFile } from '../../../../src/operations/transfer/frames/frame-reader.ts'
import { FrameWriter } from '../../../../src/operations/transfer/frames/frame-writer.ts'
import { readRecords } from '../../../../src/operations/transfer/frames/read-records.ts'
import { RecordsWriter } from '../../../../src/operations/transfer/frames/write-records.ts'
import { readParts, type Tolerance } from '../../../../src/operations/transfer/import/read-files.ts'

const bytes = fc.uint8Array({ maxLength: 20 }).map((array) => Buffer.from(array))
const nullable = fc.option(bytes, { nil: null })
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const timestamp = fc.oneof(fc.constant(-1n), int64, fc.bigInt({ min: 0n, max: 2n ** 42n }))
const headers = fc.array(
  fc.tuple(fc.string({ unit: 'grapheme', maxLength: 5 }), nullable).map((pair): Header => pair),
  { maxLength: 4 },
)
const parts = fc.record({ timestamp, key: nullable, value: nullable, headers, isAppend: fc.boolean() })
const run = fc
  .tuple(
    fc.constantFrom('a-events', 'b-events'),
    fc.nat(2 ** 31 - 1),
    fc.array(fc.tuple(parts, fc.bigInt({ min: 0n, max: 2n ** 40n })), { minLength: 1, maxLength: 8 }),
  )
  .map(([topic, partition, list]): readonly BusRecord[] => {
    let next = 0n
    return list.map(([{ isAppend, ...fields }, gap]) => {
      const offset = next + (gap % 3n === 0n ? gap : 0n)
      next = offset + 1n
      return { topic, partition, offset, ...fields, ...(isAppend ? { timestampType: 'append' as const } : {}) }
    })
  })

const topics = ['a-events', 'b-events']

test('any records come back from a frame as they were: offsets, timestamps, keys, values, headers and tombstones', () => {
  fc.assert(
    fc.property(fc.array(run, { maxLength: 6 }), (runs) => {
      const writer = new RecordsWriter()
      for (const records of runs) writer.addRun(topics.indexOf(records[0]?.topic ?? ''), records)
      expect(readRecords(writer.take(), topics)).toEqual(runs)
    }),
  )
})

test('any bytes in place of records give records or an error, and read nothing beyond their end', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (array) => {
      try {
        readRecords(Buffer.from(array), topics)
      } catch (error) {
        expect(error).toMatchObject({ name: 'InvalidRecords' })
      }
    }),
    { numRuns: 2000 },
  )
})

const header: ExportHeader = {
  ...{ created: '2026-11-23T10:00:00.000Z', bus: { kind: 'memory', clusterId: 'c' }, filter: {}, part: 1 },
  topics: [{ topic: 'a-events', partitions: 2 }],
  slices: [{ topic: 'a-events', partition: 0, from: 0n, to: 6n }],
}
const end: ExportEnd = {
  ...{ complete: true, continues: false, earliest: 1n, latest: 2n },
  partitions: [{ topic: 'a-events', partition: 0, records: 6, last: 5n }],
}
const records = [0n, 1n, 2n, 3n, 4n, 5n].map((offset): BusRecord => {
  const value = Buffer.from(`{"order_id":"o-${offset}"}`)
  return { topic: 'a-events', partition: 0, offset, timestamp: offset, key: null, value, headers: [] }
})

/** A file of three frames of two records. */
async function smallFile(): Promise<Buffer> {
  const written: Uint8Array[] = []
  const frames = new FrameWriter(async (added) => void written.push(...added), { number: 0, written: 0 })
  await frames.header(header)
  for (const at of [0, 2, 4]) {
    const writer = new RecordsWriter()
    writer.addRun(0, records.slice(at, at + 2))
    await frames.records(writer.take())
  }
  await frames.end(end)
  return Buffer.concat(written)
}

describe('a file of frames', () => {
  let folder: string
  let file: Buffer
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'crbus-frames-'))
    file = await smallFile()
    return () => rmSync(folder, { recursive: true })
  })

  async function read(content: Uint8Array, tolerance: Tolerance = {}) {
    const path = join(folder, 'file.crbus')
    writeFileSync(path, content)
    const found: BusRecord[] = []
    let hasEnd = false
    for await (const part of readParts(path, tolerance)) {
      if (part.kind === 'records') found.push(...part.runs.flat())
      if (part.kind === 'end') hasEnd = true
    }
    return { found, hasEnd }
  }

  test('gives back its records', async () => expect(await read(file)).toEqual({ found: records, hasEnd: true }))

  test('that is cut off at any byte gives an error, or lacks its end', async () => {
    for (let length = 0; length < file.length; length += 1) {
      const outcome = await read(file.subarray(0, length)).catch((error: unknown) => error)
      if (outcome instanceof DamagedFile) expect(outcome.isTorn, `cut at ${length}`).toBe(true)
      else expect(outcome, `cut at ${length}`).toMatchObject({ hasEnd: false })
    }
  })

  test('with any flipped byte gives an error with a position, and skipping the damage gives no wrong record', async () => {
    for (let at = 0; at < file.length; at += 1) {
      const damaged = Buffer.from(file)
      damaged[at] = (damaged[at] as number) ^ 0x40
      const error = await read(damaged).then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      expect(error, `byte ${at}`).toBeInstanceOf(DamagedFile)
      if (at < 8) continue
      const damage: number[] = []
      const { found } = await read(damaged, { onDamage: ({ position }) => void damage.push(position) })
      expect(damage.length, `byte ${at}`).toBeGreaterThan(0)
      for (const record of found) expect(records, `byte ${at}`).toContainEqual(record)
      if (at > 400) expect(found.length, `byte ${at}`).toBeGreaterThanOrEqual(4)
    }
  })

  test('without one of its frames gives an error that says so', async () => {
    const second = file.indexOf(Buffer.from([0x89, 0x46, 0x52, 0x4d]), 9)
    const third = file.indexOf(Buffer.from([0x89, 0x46, 0x52, 0x4d]), second + 1)
    const shorter = Buffer.concat([file.subarray(0, second), file.subarray(third)])
    await expect(read(shorter)).rejects.toThrow('frames are missing')
  })
})
