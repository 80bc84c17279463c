import type { Decoded } from '../cbor/cbor.ts'
import { mapFields } from '../cbor/map-fields.ts'
import { MAX_DEPTH, tooDeep } from '../json.ts'
import { asBuffer, utf8Text } from '../text-cache.ts'

/**
 * Decodes one MessagePack value (https://github.com/msgpack/msgpack/blob/master/spec.md). An integer is a number up to 2^53 - 1 and
 * a bigint beyond. Binary becomes a Uint8Array. A map becomes an object, as in CBOR. Extension types, which serde does not write,
 * are refused.
 */
export function decodeMsgpack(bytes: Uint8Array): Decoded {
  const reader = new MsgpackReader(bytes)
  try {
    const value = reader.value(0)
    const left = bytes.length - reader.at
    return left === 0 ? { ok: true, value } : refused(`${left} bytes are left over at byte ${reader.at}`)
  } catch (error) {
    if (error instanceof MalformedMsgpack) return refused(error.message)
    throw error
  }
}

const refused = (reason: string): Decoded => ({ ok: false, reason: `not MessagePack: ${reason}` })

/** Whether a payload begins like a MessagePack map or array that is not empty. */
export function isMsgpackContainer(bytes: Uint8Array): boolean {
  const first = bytes[0] ?? 0
  return (first > 0x80 && first <= 0x9f && first !== 0x90) || (first >= 0xdc && first <= 0xdf)
}

/** Thrown inside this module, and caught by {@link decodeMsgpack}. */
class MalformedMsgpack extends Error {}

class MsgpackReader {
  readonly #bytes: Buffer
  readonly #view: DataView
  /** The offset of the next byte. */
  at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = asBuffer(bytes)
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  value(depth: number): unknown {
    if (depth > MAX_DEPTH) throw new MalformedMsgpack(tooDeep)
    const start = this.at
    const first = this.#view.getUint8(this.#take(1))
    if (first <= 0x7f) return first
    if (first >= 0xe0) return first - 0x100
    if (first <= 0x8f) return this.#map(first & 15, depth)
    if (first <= 0x9f) return this.#array(first & 15, depth)
    if (first <= 0xbf) return this.#text(first & 31)
    switch (first) {
      case 0xc0:
        return null
      case 0xc2:
      case 0xc3:
        return first === 0xc3
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.#binary(this.#length(first - 0xc4))
      case 0xca:
        return this.#view.getFloat32(this.#take(4))
      case 0xcb:
        return this.#view.getFloat64(this.#take(8))
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.#length(first - 0xcc)
      case 0xcf:
        return exact(this.#view.getBigUint64(this.#take(8)))
      case 0xd0:
        return this.#view.getInt8(this.#take(1))
      case 0xd1:
        return this.#view.getInt16(this.#take(2))
      case 0xd2:
        return this.#view.getInt32(this.#take(4))
      case 0xd3:
        return exact(this.#view.getBigInt64(this.#take(8)))
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#text(this.#length(first - 0xd9))
      case 0xdc:
      case 0xdd:
        return this.#array(this.#length(first - 0xdb), depth)
      case 0xde:
      case 0xdf:
        return this.#map(this.#length(first - 0xdd), depth)
      default:
        throw new MalformedMsgpack(`the byte 0x${first.toString(16)} at byte ${start} begins no value of serde`)
    }
  }

  /** Reads an unsigned integer of 1, 2 or 4 bytes, for the widths 0, 1 and 2. */
  #length(width: number): number {
    if (width === 0) return this.#view.getUint8(this.#take(1))
    return width === 1 ? this.#view.getUint16(this.#take(2)) : this.#view.getUint32(this.#take(4))
  }

  #array(length: number, depth: number): unknown[] {
    this.#expect(length)
    const items: unknown[] = []
    for (let index = 0; index < length; index += 1) items.push(this.value(depth + 1))
    return items
  }

  #map(length: number, depth: number): unknown {
    this.#expect(length * 2)
    const pairs: [unknown, unknown][] = []
    for (let index = 0; index < length; index += 1) pairs.push([this.value(depth + 1), this.value(depth + 1)])
    return mapFields(pairs)
  }

  #text(length: number): string {
    const start = this.#take(length)
    const text = utf8Text(this.#bytes, start, start + length)
    if (text === undefined) throw new MalformedMsgpack(`the text at byte ${start} is not UTF-8`)
    return text
  }

  /** A copy, because the bytes may be a view of a buffer that is reused. */
  #binary(length: number): Uint8Array {
    const start = this.#take(length)
    return Buffer.from(this.#bytes.subarray(start, start + length))
  }

  /** Moves behind the next bytes and returns their offset. */
  #take(length: number): number {
    const start = this.at
    this.#expect(length)
    this.at = start + length
    return start
  }

  /** Refuses a length that is more than what is left. A value takes at least one byte. */
  #expect(length: number): void {
    const left = this.#bytes.length - this.at
    if (length > left) throw new MalformedMsgpack(`byte ${this.at} needs ${length} more bytes, ${left} are left`)
  }
}

const exact = (value: bigint): number | bigint =>
  value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
