import { isUtf8 } from 'node:buffer'
import type { Hint } from '../../bus/hints.ts'

/** A line of the input with its number. */
export interface InputLine {
  /** The line number, from 1. */
  readonly number: number
  readonly text: string
}

/** A range of lines, both ends included; without `to`, all lines from `from`. */
export interface LineRange {
  readonly from: number
  readonly to: number | undefined
}

/** Combines the lines for whose index `isChosen` returns true to ranges. Chosen lines that are adjacent in the list form one range. */
export function rangesOf(lines: readonly number[], isChosen: (index: number) => boolean): LineRange[] {
  const ranges: { from: number; to: number }[] = []
  let isOpen = false
  lines.forEach((line, index) => {
    const last = ranges.at(-1)
    const isIn = isChosen(index)
    if (isIn && isOpen && last !== undefined) last.to = line
    else if (isIn) ranges.push({ from: line, to: line })
    isOpen = isIn
  })
  return ranges
}

/** The intersection of two lists of ranges. */
export const within = (ranges: readonly LineRange[], only: readonly LineRange[]): LineRange[] =>
  ranges.flatMap((range) =>
    only.flatMap((allowed) => {
      const from = Math.max(range.from, allowed.from)
      const to = Math.min(range.to ?? Number.POSITIVE_INFINITY, allowed.to ?? Number.POSITIVE_INFINITY)
      return from > to ? [] : [{ from, to: Number.isFinite(to) ? to : undefined }]
    }),
  )

/** Formats ranges of lines as {@link parseLines} reads them. */
export const formatLines = (ranges: readonly LineRange[]): string =>
  ranges.map(({ from, to }) => (to === from ? `${from}` : `${from}-${to ?? ''}`)).join(',')

/** Parses a comma-separated list of lines such as `3`, `5-9` and `4001-`; `undefined` when it is invalid. */
export function parseLines(text: string): readonly LineRange[] | undefined {
  const ranges = text.split(',').map((part): LineRange | undefined => {
    const found = /^([1-9]\d{0,14})(-([1-9]\d{0,14})?)?$/.exec(part.trim())
    if (found === null) return undefined
    const from = Number(found[1])
    const to = found[3] === undefined ? (found[2] === undefined ? from : undefined) : Number(found[3])
    return to !== undefined && to < from ? undefined : { from, to }
  })
  return ranges.every((range) => range !== undefined) ? ranges : undefined
}

/** A line that cannot be published. The lines before it were sent. */
export class BadInputError extends Error {
  override readonly name = 'BadInputError'
  readonly line: number
  readonly hints: readonly Hint[]
  constructor(line: number, reason: string, hints: readonly Hint[] = []) {
    super(`line ${line}: ${reason}`)
    this.line = line
    this.hints = hints
  }
}

/** Larger than any record that a broker accepts. */
const MAX_LINE_BYTES = 64 * 1024 * 1024
const NEWLINE = 0x0a
const CARRIAGE_RETURN = 0x0d

/**
 * Splits a stream into lines, one batch per chunk. Leaves out blank lines, CR and a byte order mark. Throws a
 * {@link BadInputError} for bytes that are not UTF-8, since decoding would change them, and for a line over 64 MiB.
 */
export async function* linesOf(chunks: AsyncIterable<Uint8Array | string>): AsyncGenerator<readonly InputLine[]> {
  // The pieces of an incomplete line. They are joined at its end, because joining them at each chunk takes quadratic time.
  let rest: Buffer[] = []
  let restSize = 0
  let number = 1
  for await (const chunk of chunks) {
    const bytes =
      typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    const first = bytes.indexOf(NEWLINE)
    if (restSize + (first === -1 ? bytes.length : first) > MAX_LINE_BYTES) {
      throw new BadInputError(number, 'longer than 64 MiB')
    }
    const end = first === -1 ? -1 : bytes.lastIndexOf(NEWLINE)
    if (end !== -1) {
      const head = bytes.subarray(0, end)
      const block = split(rest.length === 0 ? head : Buffer.concat([...rest, head]), number)
      number = block.next
      rest = []
      restSize = 0
      if (block.lines.length > 0) yield block.lines
      if (block.error) throw block.error
    }
    const tail = bytes.subarray(end + 1)
    if (tail.length > 0) rest.push(tail)
    restSize += tail.length
  }
  const last = split(Buffer.concat(rest), number)
  if (last.lines.length > 0) yield last.lines
  if (last.error) throw last.error
}

interface Block {
  readonly lines: readonly InputLine[]
  /** The number of the line after the block. */
  readonly next: number
  readonly error?: BadInputError | undefined
}

function split(bytes: Buffer, from: number): Block {
  if (!isUtf8(bytes)) return splitUntilBad(bytes, from)
  const lines: InputLine[] = []
  let number = from
  for (const line of bytes.toString('utf8').split('\n')) {
    let text = line.charCodeAt(line.length - 1) === CARRIAGE_RETURN ? line.slice(0, -1) : line
    if (number === 1 && text.startsWith('\ufeff')) text = text.slice(1)
    if (text.trim() !== '') lines.push({ number, text })
    number += 1
  }
  return { lines, next: number }
}

/** Returns the lines before the first line that is not UTF-8, with the error for that line. */
function splitUntilBad(bytes: Buffer, from: number): Block {
  let start = 0
  for (let number = from; ; number += 1) {
    const newline = bytes.indexOf(NEWLINE, start)
    const end = newline === -1 ? bytes.length : newline
    if (!isUtf8(bytes.subarray(start, end))) {
      const before = start === 0 ? [] : split(bytes.subarray(0, start - 1), from).lines
      return { lines: before, next: number, error: new BadInputError(number, 'not UTF-8') }
    }
    start = end + 1
  }
}

/**
 * Joins the lines of JSON values that span several lines. Input with one value per line is passed through. The first line tells
 * which: an incomplete value ends in `{`, `[`, `,` or `:`.
 */
export async function* documentsOf(batches: AsyncIterable<readonly InputLine[]>): AsyncGenerator<readonly InputLine[]> {
  let isPretty: boolean | undefined
  let open: InputLine[] = []
  let size = 0
  let depth = 0
  const close = (): InputLine => {
    const document = { number: open[0]?.number ?? 0, text: open.map(({ text }) => text).join('\n') }
    open = []
    size = 0
    depth = 0
    return document
  }
  for await (const batch of batches) {
    const [first] = batch
    if (first) isPretty ??= /[{[,:]\s*$/.test(first.text)
    if (!isPretty) {
      yield batch
      continue
    }
    const documents: InputLine[] = []
    for (const line of batch) {
      open.push(line)
      size += line.text.length
      depth += depthOf(line.text)
      if (depth <= 0) documents.push(close())
    }
    if (documents.length > 0) yield documents
    if (size > MAX_LINE_BYTES) throw new BadInputError(open[0]?.number ?? 0, 'longer than 64 MiB')
  }
  if (open.length > 0) yield [close()]
}

/** Opening minus closing brackets of a line. A JSON string never spans lines. */
function depthOf(text: string): number {
  let depth = 0
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]]/g)) {
    if (token === '{' || token === '[') depth += 1
    else if (token === '}' || token === ']') depth -= 1
  }
  return depth
}
