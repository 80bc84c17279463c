import { utf8Text } from './text-cache.ts'

/** What can be guessed from bincode of an unknown type. */
export interface Guess {
  /** The u32 variant index at the start of an enum. */
  readonly variant: number
  /** Length-prefixed strings and UUIDs, in byte order. */
  readonly found: readonly (string | { readonly uuid: string })[]
}

/** A larger first integer is not the index of a variant: enums in services have far fewer. */
const MAX_VARIANTS = 1000
const MAX_FOUND = 12
// biome-ignore lint/suspicious/noControlCharactersInRegex: excludes strings with control characters
const visible = /^[^\u0000-\u001f\u007f-\u009f]+$/

/** Guesses at a payload without a schema; `undefined` when it does not start like an enum. */
export function guessPayload(bytes: Uint8Array): Guess | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (buffer.length < 4) return undefined
  const variant = buffer.readUInt32LE(0)
  if (variant >= MAX_VARIANTS) return undefined
  const found: Guess['found'][number][] = []
  for (let at = 4; at + 8 < buffer.length && found.length < MAX_FOUND; ) {
    const length = buffer.readUInt32LE(at + 4) === 0 ? buffer.readUInt32LE(at) : 0
    const one = length > 0 && length <= buffer.length - at - 8 ? readAt(buffer, at + 8, length) : undefined
    if (one !== undefined) found.push(one)
    at += one === undefined ? 1 : 8 + length
  }
  return { variant, found }
}

function readAt(buffer: Buffer, at: number, length: number): Guess['found'][number] | undefined {
  const text = utf8Text(buffer, at, at + length)
  if (text !== undefined && visible.test(text)) return text
  if (length !== 16) return undefined
  // A UUID has a version from 1 to 8 and the variant bits 10.
  const isUuid = (buffer[at + 6] as number) >> 4 <= 8 && (buffer[at + 8] as number) >> 6 === 2
  return isUuid
    ? { uuid: buffer.toString('hex', at, at + 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') }
    : undefined
}
