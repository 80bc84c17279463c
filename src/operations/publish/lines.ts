import { isUtf8 } from 'node:buffer'
import type { Hint } from '../../bus/hints.ts'

/** A line of the input with its number. */
export interface InputLine {
  /** The line number, from 1. */
  readonly number: number
  readonly text: string
}

/** A range of line numbers, both included; without `to`, all lines from `from` on. */
export interface LineRange {
  readonly from: number
  readonly to: number | undefined
}

/**
 * Returns the ranges of the chosen lines. `isChosen` gets the index of a line in the list. Chosen lines that are adjacent in the
 * list form one range.
 */
export function chosenRanges(lines: readonly number[], isChosen: (index: number) => boolean): LineRange[] {
  const ranges: { from: number; to: number }[] = []
  let wasChosen = false
  lines.forEach((line, index) => {
    const last = ranges.at(-1)
    const chosen = isChosen(index)
    if (chosen && wasChosen && last !== undefined) last.to = line
    else if (chosen) ranges.push({ from: line, to: line })
    wasChosen = chosen
  })
  return ranges
}

/** Returns the lines that are in both lists of ranges. */
export const intersection = (ranges: readonly LineRange[], allowedRanges: readonly LineRange[]): LineRange[] =>
  ranges.flatMap((range) =>
    allowedRanges.flatMap((allowed) => {
      const from = Math.max(range.from, allowed.from)
      const to = Math.min(range.to ?? Number.POSITIVE_INFINITY, allowed.to ?? Number.POSITIVE_INFINITY)
      return from > to ? [] : [{ from, to: Number.isFinite(to) ? to : undefined }]
    }),
  )

/** Formats ranges of lines as text that {@link parseLines} reads. */
export const formatLines = (ranges: readonly LineRange[]): string =>
  ranges.map(({ from, to }) => (to === from ? `${from}` : `${from}-${to ?? ''}`)).join(',')

/** Parses a comma-separated list of lines such as `3,5-9,4001-`; `undefined` if the text is invalid. */
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

/** The error for a line that cannot be published. */
export class BadInputError extends Error {
  override readonly name = 'BadInputError'
  readonly line: number
  readonly reason: string
  readonly hints: readonly Hint[]
  constructor(line: number, reason: string, hints: readonly Hint[] = []) {
    super(`line ${line}: ${reason}`)
    this.line = line
    this.reason = reason
    this.hints = hints
  }
}

/** Maximum length of a line or a JSON value. Brokers do not accept records of this size. */
const MAX_LINE_BYTES = 64 * 1024 * 1024
const NEWLINE = 0x0a
const CARRIAGE_RETURN = 0x0d

/**
 * Splits a stream into lines and yields the lines of a chunk together. Leaves out blank lines, a CR at the end of a line and a
 * byte order mark. Throws a {@link BadInputError} for bytes that are not UTF-8, because decoding would change them, and for a
 * line of more than 64 MiB, after it has yielded the lines before.
 */
export async function* linesOf(chunks: AsyncIterable<Uint8Array | string>): AsyncGenerator<readonly InputLine[]> {
  // The pieces of an incomplete line. They are joined at the end of the line, because joining them at each chunk takes quadratic
  // time.
  let pieces: Buffer[] = []
  let piecesSize = 0
  let number = 1
  for await (const chunk of chunks) {
    const bytes =
      typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    const first = bytes.indexOf(NEWLINE)
    if (piecesSize + (first === -1 ? bytes.length : first) > MAX_LINE_BYTES) {
      throw new BadInputError(number, 'longer than 64 MiB')
    }
    const end = first === -1 ? -1 : bytes.lastIndexOf(NEWLINE)
    if (end !== -1) {
      const head = bytes.subarray(0, end)
      const block = split(pieces.length === 0 ? head : Buffer.concat([...pieces, head]), number)
      number = block.next
      pieces = []
      piecesSize = 0
      if (block.lines.length > 0) yield block.lines
      if (block.error) throw block.error
    }
    const tail = bytes.subarray(end + 1)
    if (tail.length > 0) pieces.push(tail)
    piecesSize += tail.length
  }
  const last = split(Buffer.concat(pieces), number)
  if (last.lines.length > 0) yield last.lines
  if (last.error) throw last.error
}

/** Complete lines. `error` is about the line after them. */
interface Block {
  readonly lines: readonly InputLine[]
  /** The number of the line after the block. */
  readonly next: number
  readonly error?: BadInputError | undefined
}

/** Splits bytes into lines, of which the first has the number `from`. */
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
 * Joins the lines of JSON values that span several lines. The joined line has the number of the first one. Input with one value
 * per line is passed through. The first line decides which it is: an incomplete value ends in `{`, `[`, `,` or `:`.
 */
export async function* documentsOf(batches: AsyncIterable<readonly InputLine[]>): AsyncGenerator<readonly InputLine[]> {
  let spansLines: boolean | undefined
  // The lines of the current value.
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
    if (first) spansLines ??= /[{[,:]\s*$/.test(first.text)
    if (!spansLines) {
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
    if (size > MAX_LINE_BYTES)
      throw new BadInputError(open[0]?.number ?? 0, 'the JSON value that begins here is longer than 64 MiB')
  }
  if (open.length > 0) yield [close()]
}

/** Returns the number of opening brackets minus that of closing brackets, outside strings. A JSON string never spans lines. */
function depthOf(text: string): number {
  let depth = 0
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]]/g)) {
    if (token === '{' || token === '[') depth += 1
    else if (token === '}' || token === ']') depth -= 1
  }
  return depth
}
