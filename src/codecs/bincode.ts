import { asBuffer, repeatedText, utf8Text } from './text-cache.ts'

/**
 * Reads bincode 1.x with its default settings: little endian, fixed width, lengths as u64. Strict where `bincode`
 * itself is strict, and bounded: checks a length against the remaining bytes before it allocates anything.
 *
 * Never throws. The first mismatch is kept in `failure`; every later read returns an empty value, so callers check once, at
 * the end. This way, trying a layout that does not match costs no exception.
 */
export class BincodeReader {
  readonly #bytes: Buffer
  #position = 0
  /** The first mismatch and its byte offset; `undefined` when everything matched so far. */
  failure: string | undefined

  constructor(bytes: Uint8Array) {
    this.#bytes = asBuffer(bytes)
  }

  i32(): number {
    const at = this.#step(4)
    return at < 0 ? 0 : this.#bytes.readInt32LE(at)
  }

  /** Reads a u64 count of elements. Fails when the remaining bytes cannot hold that many elements of at least `unit` bytes. */
  length(unit = 1): number {
    const at = this.#step(8)
    if (at < 0) return 0
    const length = this.#bytes.readUInt32LE(at + 4) * 2 ** 32 + this.#bytes.readUInt32LE(at)
    const left = this.#bytes.length - this.#position
    if (length * unit <= left) return length
    this.#fail(`length ${length} at byte ${at} is more than the ${left} bytes left`)
    return 0
  }

  /** Reads a byte string. Returns a view, not a copy. */
  bytes(): Uint8Array {
    const length = this.length()
    const start = this.#step(length)
    return start < 0 ? this.#bytes.subarray(0, 0) : this.#bytes.subarray(start, start + length)
  }

  string(): string {
    const length = this.length()
    const start = this.#step(length)
    return start < 0 ? '' : (utf8Text(this.#bytes, start, start + length) ?? this.#notUtf8(start))
  }

  /** Reads a string that is likely to occur again, with a cache of decoded strings. */
  repeatedString(): string {
    const length = this.length()
    const start = this.#step(length)
    return start < 0 ? '' : (repeatedText(this.#bytes, start, start + length) ?? this.#notUtf8(start))
  }

  /** Reads the tag of an option. Returns whether a value follows. */
  some(): boolean {
    const at = this.#step(1)
    if (at < 0) return false
    const tag = this.#bytes[at] as number
    if (tag > 1) this.#fail(`option tag ${tag} at byte ${at} is neither 0 nor 1`)
    return tag === 1
  }

  /** Fails when bytes are left over, because then the layout does not match. Rust's `bincode` ignores such bytes. */
  end(): void {
    const left = this.#bytes.length - this.#position
    if (left > 0) this.#fail(`${left} bytes are left over at byte ${this.#position}`)
  }

  #notUtf8(start: number): string {
    this.#fail(`the string at byte ${start} is not UTF-8`)
    return ''
  }

  /** Advances by `count` bytes. Returns the offset where they begin, or -1 after a failure. */
  #step(count: number): number {
    if (this.failure !== undefined) return -1
    const at = this.#position
    const left = this.#bytes.length - at
    if (count > left) {
      this.#fail(`${count} bytes are needed at byte ${at}, but ${left} are left`)
      return -1
    }
    this.#position = at + count
    return at
  }

  #fail(reason: string): void {
    this.failure ??= reason
  }
}

/** Writes bincode 1.x as {@link BincodeReader} reads it. */
export class BincodeWriter {
  #bytes: Buffer
  #length = 0

  constructor(capacity = 256) {
    this.#bytes = Buffer.allocUnsafe(capacity)
  }

  u8(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
  }

  i32(value: number): void {
    this.#reserve(4)
    this.#length = this.#bytes.writeInt32LE(value, this.#length)
  }

  length(value: number): void {
    this.#reserve(8)
    this.#length = this.#bytes.writeUInt32LE(value >>> 0, this.#length)
    this.#length = this.#bytes.writeUInt32LE(Math.floor(value / 2 ** 32), this.#length)
  }

  bytes(value: Uint8Array): void {
    this.length(value.length)
    this.#reserve(value.length)
    this.#bytes.set(value, this.#length)
    this.#length += value.length
  }

  string(value: string): void {
    const size = Buffer.byteLength(value)
    this.length(size)
    this.#reserve(size)
    this.#length += this.#bytes.write(value, this.#length)
  }

  option<T>(value: T | undefined, write: (value: T) => void): void {
    this.u8(value === undefined ? 0 : 1)
    if (value !== undefined) write(value)
  }

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  /** Enlarges the buffer when fewer than `count` bytes are free. */
  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + count))
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
  }
}
