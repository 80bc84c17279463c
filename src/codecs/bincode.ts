import { isUtf8 } from 'node:buffer'

/**
 * Bytes could not be what was expected of them. Thrown only inside codecs/, and caught by whoever made the reader: the
 * room's functions return results.
 */
export class BincodeError extends Error {
  override readonly name = 'BincodeError'
}

/**
 * Reads bincode 1.x with its default settings: little endian, fixed width, lengths as u64. Strict where `bincode`
 * itself is strict, and bounded: a length is compared with what is left before anything is made of it.
 */
export class BincodeReader {
  readonly #bytes: Buffer
  position = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get left(): number {
    return this.#bytes.length - this.position
  }

  u8(): number {
    this.#need(1)
    return this.#bytes[this.position++] as number
  }

  i32(): number {
    this.#need(4)
    const value = this.#bytes.readInt32LE(this.position)
    this.position += 4
    return value
  }

  /** A u64 count of things of which each takes at least `unit` bytes. */
  length(unit = 1): number {
    this.#need(8)
    const low = this.#bytes.readUInt32LE(this.position)
    const high = this.#bytes.readUInt32LE(this.position + 4)
    const length = high * 2 ** 32 + low
    if (length * unit > this.left - 8) {
      throw new BincodeError(`length ${length} at byte ${this.position} is more than the ${this.left - 8} bytes left`)
    }
    this.position += 8
    return length
  }

  /** A view on the bytes read, not a copy. */
  bytes(): Uint8Array {
    const length = this.length()
    const start = this.position
    this.position += length
    return this.#bytes.subarray(start, this.position)
  }

  string(): string {
    const length = this.length()
    const start = this.position
    const end = start + length
    this.position = end
    // Short ASCII is most of what there is, and asking byte by byte beats two calls into native code.
    for (let index = start; index < end; index += 1) {
      if ((this.#bytes[index] as number) > 0x7f) return this.#utf8(start, end)
    }
    return this.#bytes.toString('latin1', start, end)
  }

  option<T>(read: (reader: BincodeReader) => T): T | undefined {
    const tag = this.u8()
    if (tag > 1) throw new BincodeError(`option tag ${tag} at byte ${this.position - 1} is neither 0 nor 1`)
    return tag === 1 ? read(this) : undefined
  }

  /** Bytes left over mean that this was something else: `bincode` forgives them, we do not. */
  end(): void {
    if (this.left > 0) throw new BincodeError(`${this.left} bytes are left over at byte ${this.position}`)
  }

  #utf8(start: number, end: number): string {
    const part = this.#bytes.subarray(start, end)
    if (!isUtf8(part)) throw new BincodeError(`the string at byte ${start} is not UTF-8`)
    return part.toString('utf8')
  }

  #need(count: number): void {
    if (count > this.left) {
      throw new BincodeError(`${count} bytes are wanted at byte ${this.position} and ${this.left} are left`)
    }
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
