import { describeValue } from '../../json-text.ts'

/**
 * The state of writing one payload. A write function returns whether it succeeded. A function that fails sets the reason, and
 * each of its callers adds its own step to the path.
 */
export interface Sink {
  bytes: Buffer
  /** How many bytes are written. */
  length: number
  /** Current nesting of recursive types, in function calls. It has a limit because a JavaScript value can contain itself. */
  depth: number
  reason: string
  /** The steps of the path, innermost first. */
  readonly steps: string[]
}

/** Writes one value and returns true, or sets the reason and returns false. */
export type Write = (sink: Sink, value: unknown) => boolean

export const newSink = (): Sink => ({ bytes: Buffer.allocUnsafe(1024), length: 0, depth: 0, reason: '', steps: [] })

/** A larger buffer is dropped after its payload, so that one payload of 100 MB does not keep 100 MB allocated. */
const MAX_KEPT_BUFFER_BYTES = 1 << 20

/** Returns a copy of the bytes written, and resets the sink. */
export function takeBytes(sink: Sink): Buffer {
  const bytes = Buffer.from(sink.bytes.subarray(0, sink.length))
  reset(sink)
  return bytes
}

export function reset(sink: Sink): void {
  if (sink.bytes.length > MAX_KEPT_BUFFER_BYTES) sink.bytes = Buffer.allocUnsafe(1024)
  sink.length = 0
  sink.depth = 0
  sink.reason = ''
  sink.steps.length = 0
}

/** Sets the reason of a failure and returns false. */
export function refuse(sink: Sink, reason: string): false {
  sink.reason = reason
  return false
}

export const refuseValue = (sink: Sink, expected: string, value: unknown): false =>
  refuse(sink, `expected ${expected}, got ${describeValue(value)}`)

/** Makes room for `count` more bytes and returns their position. */
function reserve(sink: Sink, count: number): number {
  const at = sink.length
  sink.length = at + count
  if (sink.length > sink.bytes.length) {
    const larger = Buffer.allocUnsafe(Math.max(sink.bytes.length * 2, sink.length))
    sink.bytes.copy(larger, 0, 0, at)
    sink.bytes = larger
  }
  return at
}

// Assignment to a Buffer keeps the lowest 8 bits of a number, so the functions below also write negative numbers.

export function putU8(sink: Sink, value: number): void {
  const at = reserve(sink, 1)
  sink.bytes[at] = value
}

export function putU16(sink: Sink, value: number): void {
  const at = reserve(sink, 2)
  sink.bytes[at] = value
  sink.bytes[at + 1] = value >>> 8
}

export function putU32(sink: Sink, value: number): void {
  const at = reserve(sink, 4)
  setU32(sink.bytes, at, value)
}

function setU32(bytes: Buffer, at: number, value: number): void {
  bytes[at] = value
  bytes[at + 1] = value >>> 8
  bytes[at + 2] = value >>> 16
  bytes[at + 3] = value >>> 24
}

const TWO_POW_32 = 2 ** 32

/** Writes a safe integer as 64 bits in two's complement. */
export function putInteger64(sink: Sink, value: number): void {
  putU32(sink, value >>> 0)
  putU32(sink, Math.floor(value / TWO_POW_32))
}

/** Writes an integer as `words` words of 32 bits in two's complement, the lowest word first. */
export function putBig(sink: Sink, value: bigint, words: number): void {
  let rest = value
  for (let word = 0; word < words; word += 1) {
    putU32(sink, Number(rest & 0xffffffffn))
    rest >>= 32n
  }
}

const scratch = new DataView(new ArrayBuffer(8))

export function putF64(sink: Sink, value: number): void {
  scratch.setFloat64(0, value, true)
  putU32(sink, scratch.getUint32(0, true))
  putU32(sink, scratch.getUint32(4, true))
}

export function putF32(sink: Sink, value: number): void {
  scratch.setFloat32(0, value, true)
  putU32(sink, scratch.getUint32(0, true))
}

export function putBytes(sink: Sink, value: Uint8Array | readonly number[]): void {
  const at = reserve(sink, value.length)
  sink.bytes.set(value, at)
}

/** Writes a non-negative integer in LEB128: seven bits in each byte, the lowest first. */
export function putLeb128(sink: Sink, value: bigint): void {
  let rest = value
  for (; rest >= 0x80n; rest >>= 7n) putU8(sink, Number(rest & 0x7fn) | 0x80)
  putU8(sink, Number(rest))
}

/** For longer strings a native call is faster than writing each character here. */
const MAX_CHARWISE_LENGTH = 40

/** Writes the length and the UTF-8 of a string. Refuses a string that is not well-formed UTF-16. */
export function putString(sink: Sink, value: string): boolean {
  const { length } = value
  const start = reserve(sink, 8 + length)
  const { bytes } = sink
  let index = 0
  if (length <= MAX_CHARWISE_LENGTH) {
    for (; index < length; index += 1) {
      const code = value.charCodeAt(index)
      if (code > 0x7f) break
      bytes[start + 8 + index] = code
    }
  }
  let size = length
  if (index < length) {
    if (!value.isWellFormed()) return refuse(sink, 'expected String, got a string with a lone surrogate')
    size = Buffer.byteLength(value)
    reserve(sink, size - length)
    sink.bytes.write(value, start + 8, size)
  }
  setU32(sink.bytes, start, size)
  setU32(sink.bytes, start + 4, size / TWO_POW_32)
  return true
}
