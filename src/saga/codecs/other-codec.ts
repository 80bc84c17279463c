import { decodePayload } from '../../codecs/payload.ts'

/**
 * Explains a payload that cannot be decoded, to be appended to the reason. When the payload is valid JSON or CBOR, its
 * publisher used another codec than the reader; the explanation names both and says what to do. Empty for any other payload.
 */
export function otherCodec(data: Uint8Array, expected: 'cbor' | 'json' | 'bincode'): string {
  const guess = decodePayload(data)
  if (!guess.ok || guess.codec === expected || (guess.codec !== 'json' && guess.codec !== 'cbor')) return ''
  const { codec } = guess
  return `; the payload is ${codec.toUpperCase()}, so its publisher uses another codec: publish it as ${expected}, or read it with a codec for ${codec}`
}
