import { isUtf8 } from 'node:buffer'
import { type Cursor, fail, failShort, hasFailed, readLength, take } from './cursor.ts'

/**
 * The strings of larger payloads are decoded one by one, because a slice keeps the whole text in memory for as long as the
 * string exists.
 */
const MAX_CACHED_TEXT_BYTES = 4096

// Methods of Buffer that its type declarations do not have. They accept any Uint8Array, and are faster than the declared ones.
const native = Buffer.prototype as unknown as {
  readonly latin1Slice: (this: Uint8Array, start: number, end: number) => string
  readonly utf8Slice: (this: Uint8Array, start: number, end: number) => string
  readonly base64Slice: (this: Uint8Array, start: number, end: number) => string
}
const { latin1Slice, utf8Slice, base64Slice } = native

/** For longer strings one native call is faster than checking every byte here. */
const MAX_SCANNED_STRING_BYTES = 160

/** Reads a string. Short ASCII strings skip the slower decoding of UTF-8. */
export function readString(cursor: Cursor): string {
  const length = readLength(cursor, 1, 'String')
  const { position } = cursor
  return skipShortAscii(cursor, length) ? sliceAscii(cursor, position, position + length) : readUtf8(cursor, length)
}

/** Checks a string as {@link readString} does, and moves past it. */
export function skipString(cursor: Cursor): void {
  const length = readLength(cursor, 1, 'String')
  if (!skipShortAscii(cursor, length)) skipUtf8(cursor, length)
}

/** Moves past a short ASCII string and returns true. Does not move for any other string, and after a failure. */
function skipShortAscii(cursor: Cursor, length: number): boolean {
  const { position, bytes } = cursor
  const end = position + length
  if (hasFailed(cursor) || length > MAX_SCANNED_STRING_BYTES) return false
  for (let at = position; at < end; at += 1) if ((bytes[at] as number) > 0x7f) return false
  cursor.position = end
  return true
}

/** Returns ASCII bytes as a string. */
function sliceAscii(cursor: Cursor, start: number, end: number): string {
  if (cursor.end > MAX_CACHED_TEXT_BYTES) return latin1Slice.call(cursor.bytes, start, end)
  if (cursor.text === '') cursor.text = latin1Slice.call(cursor.bytes, 0, cursor.end)
  return cursor.text.slice(start, end)
}

function readUtf8(cursor: Cursor, length: number): string {
  const { position, bytes } = cursor
  return skipUtf8(cursor, length) ? utf8Slice.call(bytes, position, position + length) : ''
}

/** Moves past a string and returns true, or fails and returns false if its bytes are not UTF-8. */
function skipUtf8(cursor: Cursor, length: number): boolean {
  const { position, bytes } = cursor
  if (hasFailed(cursor)) return false
  if (!isUtf8(bytes.subarray(position, position + length))) {
    fail(cursor, 'expected String: its bytes are not UTF-8')
    return false
  }
  cursor.position = position + length
  return true
}

/** Reads a string that JSON writes without escapes. For any other string, reads nothing and returns `undefined`. */
export function readPlainText(cursor: Cursor): string | undefined {
  const start = cursor.position
  const length = readLength(cursor, 1, 'String')
  const { position, bytes } = cursor
  const end = position + length
  let isPlain = length <= MAX_SCANNED_STRING_BYTES && !hasFailed(cursor)
  for (let at = position; isPlain && at < end; at += 1) {
    const byte = bytes[at] as number
    if (byte < 0x20 || byte > 0x7e || byte === 0x22 || byte === 0x5c) isPlain = false
  }
  if (!isPlain) {
    cursor.position = start
    return undefined
  }
  cursor.position = end
  return sliceAscii(cursor, position, end)
}

export function readChar(cursor: Cursor): string {
  const { position, bytes, end } = cursor
  if (position >= end) {
    failShort(cursor, 1, 'char')
    return ''
  }
  const first = bytes[position] as number
  const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
  if (take(cursor, length, 'char') < 0) return ''
  if (!isUtf8(bytes.subarray(position, position + length))) {
    fail(cursor, 'expected char: its bytes are not UTF-8', position)
    return ''
  }
  return utf8Slice.call(bytes, position, position + length)
}

/** Reads `size` bytes as base64. */
export function readBase64(cursor: Cursor, size: number, what: string): string {
  const at = take(cursor, size, what)
  return at < 0 ? '' : base64Slice.call(cursor.bytes, at, at + size)
}
