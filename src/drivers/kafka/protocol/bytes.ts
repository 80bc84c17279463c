import { KafkaFailure } from '../kafka-errors.ts'

/** Writes Kafka's primitive types, one after another. */
export class Writer {
  #bytes = Buffer.allocUnsafe(256)
  #length = 0

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  int8(value: number): this {
    const at = this.#grow(1)
    this.#bytes.writeInt8(value, at)
    return this
  }

  int16(value: number): this {
    const at = this.#grow(2)
    this.#bytes.writeInt16BE(value, at)
    return this
  }

  int32(value: number): this {
    const at = this.#grow(4)
    this.#bytes.writeInt32BE(value, at)
    return this
  }

  int64(value: bigint): this {
    const at = this.#grow(8)
    this.#bytes.writeBigInt64BE(value, at)
    return this
  }

  /** STRING or NULLABLE_STRING: the length as an int16, -1 for null, then UTF-8. */
  string(value: string | null): this {
    if (value === null) return this.int16(-1)
    const size = Buffer.byteLength(value)
    this.int16(size)
    const at = this.#grow(size)
    this.#bytes.write(value, at)
    return this
  }

  /** BYTES: the length as an int32, then the bytes. */
  block(value: Uint8Array): this {
    this.int32(value.length)
    const at = this.#grow(value.length)
    this.#bytes.set(value, at)
    return this
  }

  /** ARRAY: the count as an int32, then the elements. */
  list<T>(values: readonly T[], write: (value: T) => void): this {
    this.int32(values.length)
    for (const value of values) write(value)
    return this
  }

  // The compact types of flexible versions: a length is written as the length plus one, and 0 stands for null.

  /** UNSIGNED_VARINT: seven bits per byte, the lowest first; the highest bit marks that another byte follows. */
  uvarint(value: number): this {
    let left = value
    for (; left >= 0x80; left >>>= 7) this.int8((((left & 0x7f) | 0x80) << 24) >> 24)
    return this.int8(left)
  }

  compactString(value: string): this {
    const size = Buffer.byteLength(value)
    this.uvarint(size + 1)
    const at = this.#grow(size)
    this.#bytes.write(value, at)
    return this
  }

  compactList<T>(values: readonly T[], write: (value: T) => void): this {
    this.uvarint(values.length + 1)
    for (const value of values) write(value)
    return this
  }

  /** Reserves bytes and returns the position of the first. May replace the buffer. */
  #grow(count: number): number {
    const at = this.#length
    this.#length += count
    if (this.#length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length))
      this.#bytes.copy(larger, 0, 0, at)
      this.#bytes = larger
    }
    return at
  }
}

/** A varint of 32 bits has at most this many bytes. */
const MAX_UVARINT_BYTES = 5

/**
 * Reads Kafka's primitive types, one after another. Checks every length and count against the remaining bytes before using it,
 * where an element of a list takes at least one byte. Throws a `KafkaFailure` of the kind `answer` if the check fails.
 */
export class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  int8(): number {
    return this.#bytes.readInt8(this.#step(1))
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#step(2))
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#step(4))
  }

  int64(): bigint {
    return this.#bytes.readBigInt64BE(this.#step(8))
  }

  boolean(): boolean {
    return this.int8() !== 0
  }

  /** NULLABLE_STRING */
  string(): string | null {
    const size = this.int16()
    return size === -1 ? null : this.#utf8(size)
  }

  /** STRING; null is read as an empty string. */
  text(): string {
    return this.string() ?? ''
  }

  /** BYTES, as a view on the answer; null is read as no bytes. */
  block(): Buffer {
    const size = this.int32()
    const at = this.#step(size === -1 ? 0 : size)
    return this.#bytes.subarray(at, this.#at)
  }

  /** ARRAY; null is read as an empty list. */
  list<T>(read: () => T): T[] {
    const count = this.int32()
    return this.#repeat(count === -1 ? 0 : count, read)
  }

  uvarint(): number {
    let value = 0
    let factor = 1
    for (let size = 1; size <= MAX_UVARINT_BYTES; size += 1) {
      const byte = this.int8()
      value += (byte & 0x7f) * factor
      if (byte >= 0) return value
      factor *= 128
    }
    throw damaged(`a number has more than ${MAX_UVARINT_BYTES} bytes`)
  }

  compactText(): string {
    return this.#utf8(Math.max(0, this.uvarint() - 1))
  }

  compactList<T>(read: () => T): T[] {
    return this.#repeat(Math.max(0, this.uvarint() - 1), read)
  }

  skip(count: number): void {
    this.#step(count)
  }

  /** Skips tagged fields (KIP-482), which brokers may add without a new version. */
  skipTags(): void {
    this.#repeat(this.uvarint(), () => {
      this.uvarint()
      this.skip(this.uvarint())
    })
  }

  /** Throws if bytes remain, which means that the answer was misread. */
  end(): void {
    if (this.#left > 0) throw damaged(`${this.#left} bytes remain at the end`)
  }

  get #left(): number {
    return this.#bytes.length - this.#at
  }

  #utf8(size: number): string {
    const at = this.#step(size)
    return this.#bytes.toString('utf8', at, this.#at)
  }

  #repeat<T>(count: number, read: () => T): T[] {
    if (count < 0 || count > this.#left) throw damaged(`a list has ${count} entries in ${this.#left} bytes`)
    const values: T[] = []
    for (let left = count; left > 0; left -= 1) values.push(read())
    return values
  }

  /** Moves past the next bytes and returns the position of the first. */
  #step(count: number): number {
    const at = this.#at
    if (count < 0 || count > this.#left) throw damaged(`a field has ${count} bytes, but only ${this.#left} remain`)
    this.#at += count
    return at
  }
}

const damaged = (reason: string) => new KafkaFailure('answer', reason)
