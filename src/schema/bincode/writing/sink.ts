import { inWords } from '../../json-text.ts'

/**
 * Where writing stands. A function that writes says whether it could; if not, it has left a reason here, and each
 * that called it adds its step to the path on the way out.
 */
export interface Sink {
  bytes: Buffer
  length: number
  /** How deep in types that hold themselves: a value can be a circle. */
  depth: number
  reason: string
  /** From the inside out. */
  readonly steps: string[]
}

/** Writes one value, or leaves the reason why it cannot. */
export type Write = (sink: Sink, value: unknown) => boolean

export const newSink = (): Sink => ({ bytes: Buffer.allocUnsafe(1024), length: 0, depth: 0, reason: '', steps: [] })

/** A payload this large takes its buffer along, so that one of a hundred megabytes does not stay for ever. */
const largestKept = 1 << 20

/** What was written, as bytes of its own; the sink is as new. */
export function emptied(sink: Sink): Buffer {
  const bytes = Buffer.from(sink.bytes.subarray(0, sink.length))
  reset(sink)
  return bytes
}

export function reset(sink: Sink): void {
  if (sink.bytes.length > largestKept) sink.bytes = Buffer.allocUnsafe(1024)
  sink.length = 0
  sink.depth = 0
  sink.reason = ''
  sink.steps.length = 0
}

export function refuse(sink: Sink, reason: string): false {
  sink.reason = reason
  return false
}

export const refuseValue = (sink: Sink, expected: string, value: unknown): false =>
  refuse(sink, `expected ${expected}, got ${inWords(value)}`)

/** Makes room for `count` more bytes and says where they begin. */
function room(sink: Sink, count: number): number {
  const at = sink.length
  sink.length = at + count
  if (sink.length > sink.bytes.length) {
    const larger = Buffer.allocUnsafe(Math.max(sink.bytes.length * 2, sink.length))
    sink.bytes.copy(larger, 0, 0, at)
    sink.bytes = larger
  }
  return at
}

export function putU8(sink: Sink, value: number): void {
  const at = room(sink, 1)
  sink.bytes[at] = value
}

export function putU16(sink: Sink, value: number): void {
  const at = room(sink, 2)
  sink.bytes[at] = value
  sink.bytes[at + 1] = value >>> 8
}

export function putU32(sink: Sink, value: number): void {
  const at = room(sink, 4)
  setU32(sink.bytes, at, value)
}

function setU32(bytes: Buffer, at: number, value: number): void {
  bytes[at] = value
  bytes[at + 1] = value >>> 8
  bytes[at + 2] = value >>> 16
  bytes[at + 3] = value >>> 24
}

const two32 = 2 ** 32

/** Safe integers only; negative ones as two's complement. */
export function putInteger64(sink: Sink, value: number): void {
  putU32(sink, value >>> 0)
  putU32(sink, Math.floor(value / two32))
}

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
  const at = room(sink, value.length)
  sink.bytes.set(value, at)
}

/** As much of a string as is quicker to write character by character than by a call into native code. */
const shortString = 40

/** Its UTF-8 with the length before it. */
export function putString(sink: Sink, value: string): boolean {
  const { length } = value
  const start = room(sink, 8 + length)
  const { bytes } = sink
  let index = 0
  if (length <= shortString) {
    for (; index < length; index += 1) {
      const code = value.charCodeAt(index)
      if (code > 0x7f) break
      bytes[start + 8 + index] = code
    }
  }
  let size = length
  if (index < length) {
    if (!value.isWellFormed()) return refuse(sink, 'expected String, got a text with half a surrogate pair in it')
    size = Buffer.byteLength(value)
    room(sink, size - length)
    sink.bytes.write(value, start + 8, size)
  }
  setU32(sink.bytes, start, size)
  setU32(sink.bytes, start + 4, size / two32)
  return true
}
