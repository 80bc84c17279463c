import { MAX_DEPTH, tooDeep } from '../json.ts'

/**
 * A value with everything that its encoding depends on. A JavaScript number is an integer here; a {@link Float} is a float, even
 * if it has no fraction, because ciborium does not read an integer as a float.
 */
export type ExactValue =
  | null
  | boolean
  | number
  | bigint
  | Float
  | string
  | Uint8Array
  | readonly ExactValue[]
  | ReadonlyMap<ExactValue, ExactValue>

/** A float of 64 bits, or of 32 if `isSingle`. */
export class Float {
  readonly value: number
  readonly isSingle: boolean

  constructor(value: number, isSingle: boolean) {
    this.value = value
    this.isSingle = isSingle
  }
}

/** Converts a value of any type. A number without a fraction is an integer. Undefined fields are left out. */
export function exactOf(value: unknown, depth = 0): ExactValue {
  if (depth > MAX_DEPTH) throw new RangeError(tooDeep)
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : new Float(value, false)
  if (typeof value === 'bigint' || typeof value === 'boolean' || value instanceof Uint8Array) return value
  if (typeof value === 'string') return wellFormed(value)
  if (Array.isArray(value)) return value.map((item) => exactOf(item, depth + 1))
  if (value instanceof Date) return value.toJSON()
  if (value === null || typeof value !== 'object') return null
  const fields = Object.entries(value).filter(([, item]) => item !== undefined)
  return new Map(fields.map(([key, item]) => [wellFormed(key), exactOf(item, depth + 1)]))
}

export function wellFormed(text: string): string {
  if (!text.isWellFormed()) throw new TypeError('a string contains a lone surrogate, which UTF-8 cannot encode')
  return text
}

/** The bytes of an encoding as they are written. */
export class ByteWriter {
  #bytes = Buffer.allocUnsafe(256)
  #length = 0

  u8(value: number): void {
    const at = this.#reserve(1)
    this.#bytes.writeUInt8(value, at)
  }

  u16(value: number): void {
    const at = this.#reserve(2)
    this.#bytes.writeUInt16BE(value, at)
  }

  u32(value: number): void {
    const at = this.#reserve(4)
    this.#bytes.writeUInt32BE(value, at)
  }

  u64(value: bigint): void {
    const at = this.#reserve(8)
    this.#bytes.writeBigUInt64BE(BigInt.asUintN(64, value), at)
  }

  f32(value: number): void {
    const at = this.#reserve(4)
    this.#bytes.writeFloatBE(value, at)
  }

  f64(value: number): void {
    const at = this.#reserve(8)
    this.#bytes.writeDoubleBE(value, at)
  }

  all(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length)
    this.#bytes.set(bytes, at)
  }

  /** A copy of the bytes so far. */
  get written(): Uint8Array {
    return Uint8Array.from(this.#bytes.subarray(0, this.#length))
  }

  /** Makes room and returns its offset. It may replace the buffer, so it is called before the buffer is used. */
  #reserve(count: number): number {
    const at = this.#length
    this.#length += count
    if (this.#length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(this.#length * 2)
      this.#bytes.copy(larger)
      this.#bytes = larger
    }
    return at
  }
}
