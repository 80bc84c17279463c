import { isUtf8 } from 'node:buffer'

/** Longer texts than this are not worth looking for in the table of known ones. */
const LONGEST = 64
const SLOTS = 1024

const known: ({ readonly bytes: Buffer; readonly text: string } | undefined)[] = new Array(SLOTS)

/**
 * UTF-8 that is likely to come again: event types are few and stand in a million records, as key and in the envelope.
 * The same bytes give the same string without making it anew. `undefined` when they are no UTF-8.
 */
export function repeatedText(bytes: Buffer, start: number, end: number): string | undefined {
  const length = end - start
  if (length === 0 || length > LONGEST) return utf8Text(bytes, start, end)
  // Length, first, middle and last byte tell most names apart; two of one slot take it from each other.
  const [first, middle, last] = [bytes[start], bytes[start + (length >> 1)], bytes[end - 1]] as [number, number, number]
  const slot = (length * 31 + first * 7 + middle * 131 + last * 17) % SLOTS
  const found = known[slot]
  if (found?.bytes.length === length && bytes.compare(found.bytes, 0, length, start, end) === 0) return found.text
  const text = utf8Text(bytes, start, end)
  if (text !== undefined) known[slot] = { bytes: Buffer.from(bytes.subarray(start, end)), text }
  return text
}

/** The text of bytes, `undefined` when they are no UTF-8. */
export function utf8Text(bytes: Buffer, start: number, end: number): string | undefined {
  // Short ASCII is most of what there is, and asking byte by byte beats two calls into native code.
  for (let index = start; index < end; index += 1) {
    if ((bytes[index] as number) > 0x7f)
      return isUtf8(bytes.subarray(start, end)) ? bytes.toString('utf8', start, end) : undefined
  }
  return bytes.toString('latin1', start, end)
}

/** A view on the same bytes with Buffer's methods. */
export const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
