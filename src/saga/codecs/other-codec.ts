import { decodePayload } from '../../codecs/payload.ts'

/**
 * Completes the reason why a payload cannot be decoded: when it is valid JSON or CBOR, the publisher used another codec than
 * the reader. Names both codecs and the remedy; empty for any other payload.
 */
export function otherCodec(data: Uint8Array, expected: 'cbor' | 'json' | 'bincode'): string {
  const guess = decodePayload(data)
  if (!guess.ok || guess.codec === expected || (guess.codec !== 'json' && guess.codec !== 'cbor')) return ''
  const { codec } = guess
  return `; the payload is ${codec.toUpperCase()}, so its publisher uses another codec: publish it as ${expected}, or read it with a codec for ${codec}`
}
