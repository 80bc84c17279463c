import { isUtf8 } from 'node:buffer'
import { DEEPEST, tooDeep } from './json.ts'

/** Tags that are read as what they stand for, or put nothing at risk (https://www.iana.org/assignments/cbor-tags). */
const harmlessTags: ReadonlySet<number> = new Set([
  0, 1, 2, 3, 21, 22, 23, 24, 32, 33, 34, 35, 36, 37, 64, 100, 258, 259, 1004, 55799,
])
const BIGNUM_TAGS: ReadonlySet<number> = new Set([2, 3])
/** cbor-x makes a bignum in time quadratic to its length, and no event counts further than this. */
const LONGEST_BIGNUM = 64
const BREAK = 0xff
const INDEFINITE = -1

/**
 * Whether bytes are one whole CBOR value that can be read without harm; the reason when not. cbor-x is made for friends:
 * it makes an array as long as five bytes announce, follows references in a circle, and takes text that is no UTF-8.
 */
export function cborProblem(bytes: Uint8Array): string | undefined {
  const check = new CborCheck(bytes)
  check.item(0)
  if (check.problem === undefined && check.at < bytes.length) {
    return `${bytes.length - check.at} bytes are left over at byte ${check.at}`
  }
  return check.problem
}

class CborCheck {
  readonly #bytes: Uint8Array
  at = 0
  problem: string | undefined

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
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
    if (major <= 1) return length === INDEFINITE ? this.#fail(`a number without a length at byte ${start}`) : undefined
    if (major === 7) return length === INDEFINITE ? this.#fail(`a break at byte ${start}`) : undefined
    if (major === 2 || major === 3) return this.#string(major, length, isBignum)
    if (major === 6) {
      if (!harmlessTags.has(length)) return this.#fail(`tag ${length} at byte ${start} is not one that crbus reads`)
      return this.item(depth + 1, BIGNUM_TAGS.has(length))
    }
    const perItem = major === 5 ? 2 : 1
    if (length === INDEFINITE) {
      while (this.problem === undefined && bytes[this.at] !== BREAK) {
        for (let part = 0; part < perItem; part += 1) this.item(depth + 1)
      }
      this.at += 1
      return
    }
    if (length * perItem > bytes.length - this.at) return this.#fail(`a count of ${length} at byte ${start}`)
    for (let left = length * perItem; left > 0 && this.problem === undefined; left -= 1) this.item(depth + 1)
  }

  #string(major: number, length: number, isBignum: boolean): undefined {
    const start = this.at
    if (length === INDEFINITE) return this.#fail(`text or bytes in parts at byte ${start}, which crbus does not read`)
    if (length > this.#bytes.length - start) return this.#fail('it ends early')
    if (isBignum && length > LONGEST_BIGNUM) return this.#fail(`a number of ${length} bytes at byte ${start}`)
    this.at = start + length
    if (major === 3 && !isUtf8(this.#bytes.subarray(start, this.at)))
      this.#fail(`the text at byte ${start} is not UTF-8`)
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
