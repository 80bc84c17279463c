import { decodePayload } from '../../codecs/payload.ts'

/**
 * Continues the reason why data cannot be decoded: when it reads as JSON or CBOR, a publisher used another codec than its
 * reader. Names both and what to do about it; empty for any other data.
 */
export function otherCodec(data: Uint8Array, expected: 'cbor' | 'json' | 'bincode'): string {
  const looked = decodePayload(data)
  if (!looked.ok || looked.codec === expected || (looked.codec !== 'json' && looked.codec !== 'cbor')) return ''
  const { codec } = looked
  return `; it is ${codec.toUpperCase()}, written by a publisher with another codec: "crbus publish --codec ${expected}", or "codec": "${expected}" for the topic in crbus.json`
}
