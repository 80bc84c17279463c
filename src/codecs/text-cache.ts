import { isUtf8 } from 'node:buffer'

/** Longer texts are decoded without the cache. */
const MAX_CACHED_BYTES = 64
const SLOTS = 1024

const cache: ({ readonly bytes: Buffer; readonly text: string } | undefined)[] = new Array(SLOTS)

/**
 * Decodes UTF-8 that is likely to occur again. Event types, for example, are few, and each record has one as its key and in its
 * envelope. Equal bytes return the same string from a cache. `undefined` when the bytes are not UTF-8.
 */
export function repeatedText(bytes: Buffer, start: number, end: number): string | undefined {
  const length = end - start
  if (length === 0 || length > MAX_CACHED_BYTES) return utf8Text(bytes, start, end)
  // Length and first, middle and last byte distinguish most names. Two names with the same slot replace each other.
  const [first, middle, last] = [bytes[start], bytes[start + (length >> 1)], bytes[end - 1]] as [number, number, number]
  const slot = (length * 31 + first * 7 + middle * 131 + last * 17) % SLOTS
  const found = cache[slot]
  if (found !== undefined && isAt(bytes, start, length, found.bytes)) return found.text
  const text = utf8Text(bytes, start, end)
  if (text !== undefined) cache[slot] = { bytes: Buffer.from(bytes.subarray(start, end)), text }
  return text
}

/** Whether `length` bytes from `start` on are the wanted ones. For so few bytes a loop is faster than a call into native code. */
function isAt(bytes: Buffer, start: number, length: number, wanted: Buffer): boolean {
  if (wanted.length !== length) return false
  for (let index = 0; index < length; index += 1) if (bytes[start + index] !== wanted[index]) return false
  return true
}

/** Decodes UTF-8; `undefined` when the bytes are not UTF-8. */
export function utf8Text(bytes: Buffer, start: number, end: number): string | undefined {
  // Most texts are short ASCII, for which a loop is faster than two calls into native code.
  for (let index = start; index < end; index += 1) {
    if ((bytes[index] as number) > 0x7f)
      return isUtf8(bytes.subarray(start, end)) ? bytes.toString('utf8', start, end) : undefined
  }
  return bytes.toString('latin1', start, end)
}

/** Returns a Buffer that shares the memory of `bytes`. */
export const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
