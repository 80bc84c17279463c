import { createReadStream } from 'node:fs'
import { parseJson } from '../../../codecs/json.ts'
import { isPartition } from '../../publish/record-fields.ts'
import { Tally } from '../tally.ts'

const NEWLINE = 0x0a

/** The whole lines of an export, for continuing it. */
export interface ScannedLines {
  /** The bytes of the whole lines: an interrupted export may end in the middle of a line. */
  readonly written: number
  readonly tally: Tally
  /** The number of the first line that is not a record, from 1. */
  readonly invalid: number | undefined
}

/** Reads the positions of the records in lines of JSON. */
export async function scanLines(path: string): Promise<ScannedLines> {
  const tally = new Tally()
  let rest: Buffer = Buffer.alloc(0)
  let written = 0
  let number = 0
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const end = bytes.lastIndexOf(NEWLINE) + 1
    for (let at = 0; at < end; ) {
      const next = bytes.indexOf(NEWLINE, at) + 1
      number += 1
      if (!addLine(bytes.toString('utf8', at, next), tally)) return { written, tally, invalid: number }
      at = next
    }
    written += end
    rest = bytes.subarray(end)
  }
  return { written, tally, invalid: undefined }
}

function addLine(line: string, tally: Tally): boolean {
  const parsed = parseJson(line)
  if (!parsed.ok || typeof parsed.value !== 'object' || parsed.value === null) return false
  const { topic, partition, offset } = parsed.value as Readonly<Record<string, unknown>>
  if (typeof topic !== 'string' || !isPartition(partition) || !/^\d{1,19}$/.test(String(offset))) return false
  tally.addCounts({
    partitions: [{ topic, partition, records: 1, last: BigInt(String(offset)) }],
    earliest: undefined,
    latest: undefined,
  })
  return true
}
