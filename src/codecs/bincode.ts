import { asBuffer, repeatedText, utf8Text } from './text-cache.ts'

/**
 * Reads bincode 1.x with its default settings: little endian, fixed width, lengths as u64. Strict where `bincode`
 * itself is strict, and bounded: a length is compared with what is left before anything is made of it.
 *
 * Never throws. The first thing that does not fit is kept in `failure`; from then on nothing is read and every answer
 * is empty, so that callers look once, at the end. Trying a layout that does not fit costs no exception that way.
 */
export class BincodeReader {
  readonly #bytes: Buffer
  #position = 0
  /** What did not fit, and where. */
  failure: string | undefined

  constructor(bytes: Uint8Array) {
    this.#bytes = asBuffer(bytes)
  }

  i32(): number {
    const at = this.#step(4)
    return at < 0 ? 0 : this.#bytes.readInt32LE(at)
  }

  /** A u64 count of things of which each takes at least `unit` bytes. */
  length(unit = 1): number {
    const at = this.#step(8)
    if (at < 0) return 0
    const length = this.#bytes.readUInt32LE(at + 4) * 2 ** 32 + this.#bytes.readUInt32LE(at)
    const left = this.#bytes.length - this.#position
    if (length * unit <= left) return length
    this.#fail(`length ${length} at byte ${at} is more than the ${left} bytes left`)
    return 0
  }

  /** A view on the bytes read, not a copy. */
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

  /** A string that is likely to come again. */
  repeatedString(): string {
    const length = this.length()
    const start = this.#step(length)
    return start < 0 ? '' : (repeatedText(this.#bytes, start, start + length) ?? this.#notUtf8(start))
  }

  /** The tag of an option: whether a value follows. */
  some(): boolean {
    const at = this.#step(1)
    if (at < 0) return false
    const tag = this.#bytes[at] as number
    if (tag > 1) this.#fail(`option tag ${tag} at byte ${at} is neither 0 nor 1`)
    return tag === 1
  }

  /** Bytes left over mean that this was something else: `bincode` forgives them, we do not. */
  end(): void {
    const left = this.#bytes.length - this.#position
    if (left > 0) this.#fail(`${left} bytes are left over at byte ${this.#position}`)
  }

  #notUtf8(start: number): string {
    this.#fail(`the string at byte ${start} is not UTF-8`)
    return ''
  }

  /** Where the next `count` bytes begin, or -1 when there are none to read. */
  #step(count: number): number {
    if (this.failure !== undefined) return -1
    const at = this.#position
    const left = this.#bytes.length - at
    if (count > left) {
      this.#fail(`${count} bytes are wanted at byte ${at} and ${left} are left`)
      return -1
    }
    this.#position = at + count
    return at
  }

  #fail(reason: string): void {
    this.failure ??= reason
  }
}

/** Writes what {@link BincodeReader} reads. */
export class BincodeWriter {
  #bytes: Buffer
  #length = 0

  constructor(capacity = 256) {
    this.#bytes = Buffer.allocUnsafe(capacity)
  }

  u8(value: number): void {
    this.#room(1)
    this.#bytes[this.#length++] = value
  }

  i32(value: number): void {
    this.#room(4)
    this.#length = this.#bytes.writeInt32LE(value, this.#length)
  }

  length(value: number): void {
    this.#room(8)
    this.#length = this.#bytes.writeUInt32LE(value >>> 0, this.#length)
    this.#length = this.#bytes.writeUInt32LE(Math.floor(value / 2 ** 32), this.#length)
  }

  bytes(value: Uint8Array): void {
    this.length(value.length)
    this.#room(value.length)
    this.#bytes.set(value, this.#length)
    this.#length += value.length
  }

  string(value: string): void {
    const size = Buffer.byteLength(value)
    this.length(size)
    this.#room(size)
    this.#length += this.#bytes.write(value, this.#length)
  }

  option<T>(value: T | undefined, write: (value: T) => void): void {
    this.u8(value === undefined ? 0 : 1)
    if (value !== undefined) write(value)
  }

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  #room(count: number): void {
    if (this.#length + count <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + count))
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
  }
}
