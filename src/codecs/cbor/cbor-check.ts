import { isUtf8 } from 'node:buffer'
import { MAX_DEPTH, tooDeep } from '../json.ts'

/** Tags that crbus interprets or that are safe to ignore (https://www.iana.org/assignments/cbor-tags). */
const safeTags: ReadonlySet<number> = new Set([
  0, 1, 2, 3, 21, 22, 23, 24, 32, 33, 34, 35, 36, 37, 64, 100, 258, 259, 1004, 55799,
])
const BIGNUM_TAGS: ReadonlySet<number> = new Set([2, 3])
/** cbor-x decodes a bignum in time quadratic in its length, and no event needs a larger integer. */
const MAX_BIGNUM_BYTES = 64
/** Tags that cbor-x decodes to bytes, or to the tagged value itself. */
const PLAIN_TAGS: ReadonlySet<number> = new Set([64, 55799])
/** cbor-x renames this key so that it does not set a prototype. */
const RENAMED_KEY = Buffer.from('__proto__')
/** For longer texts, a native call finds non-ASCII bytes faster than a loop. */
const MAX_LOOP_BYTES = 64
/** The byte that ends an item of indefinite length. */
const BREAK = 0xff
/** Stands for the length of an item that a {@link BREAK} ends. */
const INDEFINITE = -1
const ENDS_EARLY = 'the bytes end in the middle of a value'

/** The result of {@link checkCbor}. */
export interface CheckedCbor {
  /** Why the bytes are not exactly one CBOR value that is safe to decode; `undefined` when they are. */
  readonly problem: string | undefined
  /**
   * Whether cbor-x alone decodes the value correctly: every map key is a string that cbor-x keeps, every integer fits a
   * number, and there is no tag to interpret.
   */
  readonly isPlain: boolean
  /** For each date tag (0 or 1), the offset of its last byte. Adding to this byte changes the number of the tag. */
  readonly dateTags: readonly number[]
}

/**
 * Checks bytes before cbor-x decodes them. cbor-x trusts its input: it allocates an array of whatever length five bytes
 * announce, follows circular references, and accepts text that is not UTF-8.
 */
export function checkCbor(bytes: Uint8Array): CheckedCbor {
  const check = new CborCheck(bytes)
  check.item(0)
  const { problem, at, isPlain, dateTags } = check
  const left = bytes.length - at
  return { problem: problem ?? (left > 0 ? `${left} bytes are left over at byte ${at}` : undefined), isPlain, dateTags }
}

/** Returns the bytes of a field of a map that passed {@link checkCbor}; `undefined` when the map lacks the field. */
export function cborField(bytes: Uint8Array, name: string): Uint8Array | undefined {
  const check = new CborCheck(bytes, Buffer.from(name))
  check.item(0)
  return check.field
}

/** One pass over the bytes. Stops at the first problem. */
class CborCheck {
  readonly #bytes: Uint8Array
  /** The offset of the next byte to check. */
  at = 0
  problem: string | undefined
  isPlain = true
  readonly dateTags: number[] = []
  /** The bytes of the requested field of the outermost map. */
  field: Uint8Array | undefined
  readonly #fieldName: Buffer | undefined
  #isInMap = false
  /** The offset of the content of the latest text or byte string. */
  #textStart = 0

  constructor(bytes: Uint8Array, fieldName?: Buffer) {
    this.#bytes = bytes
    this.#fieldName = fieldName
  }

  /** Checks the item at the current offset, with its content. `isBignum`: it is the content of a bignum tag. */
  item(depth: number, isBignum = false): undefined {
    const bytes = this.#bytes
    if (depth > MAX_DEPTH) return this.#fail(tooDeep)
    const start = this.at
    const first = bytes[start]
    if (first === undefined) return this.#fail(ENDS_EARLY)
    const major = first >> 5
    const length = this.#argument(first & 31)
    if (this.problem !== undefined) return
    if (major <= 1) return this.#integer(major, length, start)
    if (major === 7) return this.#simple(first & 31, length, start)
    if (major === 2 || major === 3) return this.#string(major, length, isBignum)
    if (major === 6) {
      if (!safeTags.has(length)) return this.#fail(`tag ${length} at byte ${start} is not supported`)
      this.isPlain &&= PLAIN_TAGS.has(length)
      if (length <= 1) this.dateTags.push(this.at - 1)
      return this.item(depth + 1, BIGNUM_TAGS.has(length))
    }
    if (major === 5) return this.#map(length, start, depth)
    if (length === INDEFINITE) {
      while (this.problem === undefined && bytes[this.at] !== BREAK) this.item(depth + 1)
      this.at += 1
      return
    }
    if (length > bytes.length - this.at) return this.#fail(tooMany(length, start))
    for (let left = length; left > 0 && this.problem === undefined; left -= 1) this.item(depth + 1)
  }

  /** Major type 1 holds negative integers: it encodes -1 - n as n. So its absolute value is one more than `value`. */
  #integer(major: number, value: number, start: number): undefined {
    if (value === INDEFINITE) return this.#fail(`an integer of indefinite length at byte ${start}`)
    this.isPlain &&= value + major <= Number.MAX_SAFE_INTEGER
  }

  #map(length: number, start: number, depth: number): undefined {
    const bytes = this.#bytes
    if (length * 2 > bytes.length - this.at) return this.#fail(tooMany(length, start))
    const hasBreak = length === INDEFINITE
    const fieldName = this.#isInMap ? undefined : this.#fieldName
    this.#isInMap = true
    for (let left = length; this.problem === undefined && (hasBreak ? bytes[this.at] !== BREAK : left > 0); left -= 1) {
      const isText = this.#key(depth)
      const isField = fieldName !== undefined && isText && this.#isLatestText(fieldName)
      const valueStart = this.at
      this.item(depth + 1)
      if (isField) this.field = bytes.subarray(valueStart, this.at)
    }
    if (hasBreak) this.at += 1
  }

  /** Checks a key. Returns whether it is a text. */
  #key(depth: number): boolean {
    const isText = (this.#bytes[this.at] as number) >> 5 === 3
    this.item(depth + 1)
    this.isPlain &&= isText && !this.#isLatestText(RENAMED_KEY)
    return isText
  }

  /** Compares the text that ends here, byte by byte: keys are many and short, and creating a view of each costs more. */
  #isLatestText(wanted: Uint8Array): boolean {
    const start = this.#textStart
    if (this.at - start !== wanted.length) return false
    for (let index = 0; index < wanted.length; index += 1) {
      if (this.#bytes[start + index] !== wanted[index]) return false
    }
    return true
  }

  #simple(info: number, value: number, start: number): undefined {
    if (value === INDEFINITE) return this.#fail(`an unexpected break at byte ${start}`)
    // 20 to 23 are false, true, null and undefined, 25 to 27 floats; other simple values are unassigned.
    if (info < 20 || info === 24) return this.#fail(`the simple value ${value} at byte ${start} is unassigned`)
  }

  #string(major: number, length: number, isBignum: boolean): undefined {
    const start = this.at
    if (length === INDEFINITE)
      return this.#fail(`text or bytes of indefinite length at byte ${start}, which crbus does not support`)
    if (length > this.#bytes.length - start) return this.#fail(ENDS_EARLY)
    if (isBignum && length > MAX_BIGNUM_BYTES)
      return this.#fail(`a bignum of ${length} bytes at byte ${start}; crbus supports ${MAX_BIGNUM_BYTES} bytes`)
    this.#textStart = start
    this.at = start + length
    if (major === 3 && !this.#isAscii(start, this.at) && !isUtf8(this.#bytes.subarray(start, this.at)))
      this.#fail(`the text at byte ${start} is not UTF-8`)
  }

  /** Whether a short text is ASCII; false for a long one. */
  #isAscii(start: number, end: number): boolean {
    if (end - start > MAX_LOOP_BYTES) return false
    for (let index = start; index < end; index += 1) if ((this.#bytes[index] as number) > 0x7f) return false
    return true
  }

  /** Reads the argument of an initial byte, which is a value, a length, a count or a tag. `info` is the lower five bits. */
  #argument(info: number): number {
    this.at += 1
    if (info < 24) return info
    if (info === 31) return INDEFINITE
    const size = 2 ** (info - 24)
    if (info > 27) this.#fail(`a reserved length at byte ${this.at - 1}`)
    else if (size > this.#bytes.length - this.at) this.#fail(ENDS_EARLY)
    if (this.problem !== undefined) return 0
    let value = 0
    for (const end = this.at + size; this.at < end; this.at += 1) value = value * 256 + (this.#bytes[this.at] as number)
    return value
  }

  #fail(reason: string): undefined {
    this.problem ??= reason
  }
}

const tooMany = (count: number, start: number): string =>
  `a count of ${count} at byte ${start} is more than the bytes left can hold`
