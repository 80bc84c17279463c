/** Kafka's primitive types, written one after another. */
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

  string(value: string | null): this {
    if (value === null) return this.int16(-1)
    const size = Buffer.byteLength(value)
    this.int16(size)
    const at = this.#grow(size)
    this.#bytes.write(value, at)
    return this
  }

  /** Length as an int32, then the bytes. */
  block(value: Uint8Array): this {
    this.int32(value.length)
    const at = this.#grow(value.length)
    this.#bytes.set(value, at)
    return this
  }

  list<T>(values: readonly T[], write: (value: T) => void): this {
    this.int32(values.length)
    for (const value of values) write(value)
    return this
  }

  // The compact encodings of newer requests: lengths are one more than they say, 0 is absent.

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

  /** Makes room and says where it begins. The buffer may be another one afterwards. */
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

/** Kafka's primitive types, read one after another. Throws `RangeError` at the end of the bytes. */
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

  string(): string | null {
    const size = this.int16()
    if (size < 0) return null
    const at = this.#step(size)
    return this.#bytes.toString('utf8', at, at + size)
  }

  /** A string that may not be absent. */
  text(): string {
    return this.string() ?? ''
  }

  /** Length as an int32, then a view of the bytes; absent is empty. */
  block(): Buffer {
    const size = Math.max(0, this.int32())
    const at = this.#step(size)
    return this.#bytes.subarray(at, at + size)
  }

  list<T>(read: () => T): T[] {
    const values: T[] = []
    for (let count = this.int32(); count > 0; count -= 1) values.push(read())
    return values
  }

  uvarint(): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.int8()
      value |= (byte & 0x7f) << shift
      if (byte >= 0) return value
    }
  }

  compactText(): string {
    const size = Math.max(0, this.uvarint() - 1)
    const at = this.#step(size)
    return this.#bytes.toString('utf8', at, at + size)
  }

  compactList<T>(read: () => T): T[] {
    const values: T[] = []
    for (let count = this.uvarint() - 1; count > 0; count -= 1) values.push(read())
    return values
  }

  skip(count: number): void {
    this.#step(count)
  }

  /** Fields a broker adds for who knows them. */
  skipTags(): void {
    for (let count = this.uvarint(); count > 0; count -= 1) {
      this.uvarint()
      this.skip(this.uvarint())
    }
  }

  #step(count: number): number {
    const at = this.#at
    this.#at += count
    return at
  }
}
