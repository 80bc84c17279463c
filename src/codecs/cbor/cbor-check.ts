import { isUtf8 } from 'node:buffer'
import { DEEPEST, tooDeep } from '../json.ts'

/** Tags that are read as what they stand for, or put nothing at risk (https://www.iana.org/assignments/cbor-tags). */
const harmlessTags: ReadonlySet<number> = new Set([
  0, 1, 2, 3, 21, 22, 23, 24, 32, 33, 34, 35, 36, 37, 64, 100, 258, 259, 1004, 55799,
])
const BIGNUM_TAGS: ReadonlySet<number> = new Set([2, 3])
/** cbor-x makes a bignum in time quadratic to its length, and no event counts further than this. */
const LONGEST_BIGNUM = 64
/** Tags that cbor-x reads as bytes, or as what they stand before. */
const PLAIN_TAGS: ReadonlySet<number> = new Set([64, 55799])
/** cbor-x renames this key, so that it sets no prototype. */
const RENAMED_KEY = Buffer.from('__proto__')
/** In longer texts, a native call finds what is not ASCII sooner than a loop does. */
const MAX_LOOP_LENGTH = 64
const BREAK = 0xff
const INDEFINITE = -1

export interface CheckedCbor {
  /** Why the bytes are not one whole CBOR value that can be read without harm; `undefined` when they are. */
  readonly problem: string | undefined
  /**
   * cbor-x alone makes the right value of it: every key of a map is a text it keeps, every integer one that a number
   * holds, and no tag is left to interpret.
   */
  readonly isPlain: boolean
  /** Where the numbers of the tags for dates, 0 and 1, stand: each is one byte, the last one of its tag. */
  readonly dateTags: readonly number[]
}

/**
 * Checks bytes before cbor-x reads them, which trusts its input: it allocates an array as long as five bytes announce,
 * follows references in a circle, and takes text that is not UTF-8.
 */
export function checkCbor(bytes: Uint8Array): CheckedCbor {
  const check = new CborCheck(bytes)
  check.item(0)
  const { problem, at, isPlain, dateTags } = check
  const left = bytes.length - at
  return { problem: problem ?? (left > 0 ? `${left} bytes are left over at byte ${at}` : undefined), isPlain, dateTags }
}

/** The bytes of a field of a map; the bytes must have passed {@link checkCbor}. `undefined` when it has no such field. */
export function cborField(bytes: Uint8Array, name: string): Uint8Array | undefined {
  const check = new CborCheck(bytes, Buffer.from(name))
  check.item(0)
  return check.field
}

class CborCheck {
  readonly #bytes: Uint8Array
  at = 0
  problem: string | undefined
  isPlain = true
  readonly dateTags: number[] = []
  /** The bytes of the field of the outermost map that was asked for. */
  field: Uint8Array | undefined
  readonly #fieldName: Buffer | undefined
  #isInMap = false
  /** Where the latest text or byte string begins, behind its length. */
  #textStart = 0

  constructor(bytes: Uint8Array, fieldName?: Buffer) {
    this.#bytes = bytes
    this.#fieldName = fieldName
  }

  item(depth: number, isBignum = false): undefined {
    const bytes = this.#bytes
    if (depth > DEEPEST) return this.#fail(tooDeep)
    const start = this.at
    const first = bytes[start]
    if (first === undefined) return this.#fail('it ends early')
    const major = first >> 5
    const length = this.#length(first & 31)
    if (this.problem !== undefined) return
    if (major <= 1) return this.#integer(major, length, start)
    if (major === 7) return this.#simple(first & 31, length, start)
    if (major === 2 || major === 3) return this.#string(major, length, isBignum)
    if (major === 6) {
      if (!harmlessTags.has(length)) return this.#fail(`tag ${length} at byte ${start} is not one that crbus reads`)
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
    if (length > bytes.length - this.at) return this.#fail(`a count of ${length} at byte ${start}`)
    for (let left = length; left > 0 && this.problem === undefined; left -= 1) this.item(depth + 1)
  }

  /** A negative integer is -1 less what is written. */
  #integer(major: number, value: number, start: number): undefined {
    if (value === INDEFINITE) return this.#fail(`a number without a length at byte ${start}`)
    this.isPlain &&= value + major <= Number.MAX_SAFE_INTEGER
  }

  #map(length: number, start: number, depth: number): undefined {
    const bytes = this.#bytes
    if (length * 2 > bytes.length - this.at) return this.#fail(`a count of ${length} at byte ${start}`)
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

  /** Whether the key is a text. */
  #key(depth: number): boolean {
    const isText = (this.#bytes[this.at] as number) >> 5 === 3
    this.item(depth + 1)
    this.isPlain &&= isText && !this.#isLatestText(RENAMED_KEY)
    return isText
  }

  /** Compares the text that ends here. Byte by byte, since keys are many and short and a view of each costs more. */
  #isLatestText(wanted: Uint8Array): boolean {
    const start = this.#textStart
    if (this.at - start !== wanted.length) return false
    for (let index = 0; index < wanted.length; index += 1) {
      if (this.#bytes[start + index] !== wanted[index]) return false
    }
    return true
  }

  #simple(info: number, value: number, start: number): undefined {
    if (value === INDEFINITE) return this.#fail(`a break at byte ${start}`)
    // 20 to 23 are false, true, null and undefined, 25 to 27 floats; no other simple value has been given a meaning.
    if (info < 20 || info === 24) return this.#fail(`a simple value ${value} at byte ${start}, which has no meaning`)
  }

  #string(major: number, length: number, isBignum: boolean): undefined {
    const start = this.at
    if (length === INDEFINITE) return this.#fail(`text or bytes in parts at byte ${start}, which crbus does not read`)
    if (length > this.#bytes.length - start) return this.#fail('it ends early')
    if (isBignum && length > LONGEST_BIGNUM) return this.#fail(`a number of ${length} bytes at byte ${start}`)
    this.#textStart = start
    this.at = start + length
    if (major === 3 && !this.#isAscii(start, this.at) && !isUtf8(this.#bytes.subarray(start, this.at)))
      this.#fail(`the text at byte ${start} is not UTF-8`)
  }

  /** Whether a short text is ASCII; false for a long one. */
  #isAscii(start: number, end: number): boolean {
    if (end - start > MAX_LOOP_LENGTH) return false
    for (let index = start; index < end; index += 1) if ((this.#bytes[index] as number) > 0x7f) return false
    return true
  }

  /** The argument of an initial byte: a value, a length, a count or a tag. */
  #length(info: number): number {
    this.at += 1
    if (info < 24) return info
    if (info === 31) return INDEFINITE
    const size = 2 ** (info - 24)
    if (info > 27) this.#fail(`a reserved length at byte ${this.at - 1}`)
    else if (size > this.#bytes.length - this.at) this.#fail('it ends early')
    if (this.problem !== undefined) return 0
    let value = 0
    for (const end = this.at + size; this.at < end; this.at += 1) value = value * 256 + (this.#bytes[this.at] as number)
    return value
  }

  #fail(reason: string): undefined {
    this.problem ??= reason
  }
}
