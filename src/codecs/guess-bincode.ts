import { utf8Text } from './text-cache.ts'

/** What bincode of an unknown type gives away. */
export interface Guess {
  /** The u32 an enum begins with. */
  readonly variant: number
  /** Texts and uuids in the order they stand, each behind its own length. */
  readonly found: readonly (string | { readonly uuid: string })[]
}

/** Enums of more variants are not written by people. */
const MOST_VARIANTS = 1000
const MOST_FOUND = 12
// biome-ignore lint/suspicious/noControlCharactersInRegex: text that holds these is not text for a person
const visible = /^[^\u0000-\u001f\u007f-\u009f]+$/

/** A guess at a payload that no schema reads; `undefined` when it does not begin as an enum. */
export function guessPayload(bytes: Uint8Array): Guess | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (buffer.length < 4) return undefined
  const variant = buffer.readUInt32LE(0)
  if (variant >= MOST_VARIANTS) return undefined
  const found: Guess['found'][number][] = []
  for (let at = 4; at + 8 < buffer.length && found.length < MOST_FOUND; ) {
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
  // The version of a uuid, 1 to 8, and its variant, binary 10.
  const isUuid = (buffer[at + 6] as number) >> 4 <= 8 && (buffer[at + 8] as number) >> 6 === 2
  return isUuid
    ? { uuid: buffer.toString('hex', at, at + 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') }
    : undefined
}
