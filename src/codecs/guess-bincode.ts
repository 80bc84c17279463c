import { utf8Text } from './text-cache.ts'

/** The readable parts of bincode of an unknown type. */
export interface Guess {
  /** The u32 variant index at the start of an enum. */
  readonly variant: number
  /** Length-prefixed strings and UUIDs, in byte order. */
  readonly found: readonly (string | { readonly uuid: string })[]
}

/** A larger first integer is not the index of a variant: enums in services have far fewer. */
const MAX_VARIANTS = 1000
/** Enough to recognize a payload by. */
const MAX_FOUND = 12
// biome-ignore lint/suspicious/noControlCharactersInRegex: excludes strings with control characters
const visible = /^[^\u0000-\u001f\u007f-\u009f]+$/

/** Guesses what a payload without a schema contains; `undefined` when it does not start like an enum. */
export function guessPayload(bytes: Uint8Array): Guess | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (buffer.length < 4) return undefined
  const variant = buffer.readUInt32LE(0)
  if (variant >= MAX_VARIANTS) return undefined
  const found: Guess['found'][number][] = []
  for (let at = 4; at + 8 < buffer.length && found.length < MAX_FOUND; ) {
    // A length is a u64. One of 2^32 or more cannot be real, so its upper half must be zero.
    const length = buffer.readUInt32LE(at + 4) === 0 ? buffer.readUInt32LE(at) : 0
    const value = length > 0 && length <= buffer.length - at - 8 ? readAt(buffer, at + 8, length) : undefined
    if (value !== undefined) found.push(value)
    at += value === undefined ? 1 : 8 + length
  }
  return { variant, found }
}

function readAt(buffer: Buffer, at: number, length: number): Guess['found'][number] | undefined {
  const text = utf8Text(buffer, at, at + length)
  if (text !== undefined && visible.test(text)) return text
  if (length !== 16) return undefined
  // A UUID has a version from 1 to 8 and the variant bits 10.
  const version = (buffer[at + 6] as number) >> 4
  const isUuid = version >= 1 && version <= 8 && (buffer[at + 8] as number) >> 6 === 2
  return isUuid
    ? { uuid: buffer.toString('hex', at, at + 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') }
    : undefined
}
