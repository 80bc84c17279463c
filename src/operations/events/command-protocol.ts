import type { BusRecord } from '../../bus/record.ts'
import { decodeJson } from '../../codecs/json.ts'
import { asBuffer } from '../../codecs/text-cache.ts'
import type { DecodedValue } from './value-decoder.ts'

/** Returns the line of JSON that asks a command to decode a record. An offset beyond 2^53 is a string of its digits. */
export function decodeRequest({ topic, partition, offset, key, value }: BusRecord): string {
  const base64 = (bytes: Uint8Array | null) => (bytes === null ? null : asBuffer(bytes).toString('base64'))
  const exact = Number.isSafeInteger(Number(offset)) ? Number(offset) : offset.toString()
  return JSON.stringify({ topic, partition, offset: exact, key_base64: base64(key), value_base64: base64(value) })
}

/** Reads the line that a command prints for a record. `null` if the command does not decode it; `undefined` if it is not JSON. */
export function readDecodeAnswer(line: Uint8Array): DecodedValue | null | undefined {
  const decoded = decodeJson(line)
  if (!decoded.ok) return undefined
  const { value } = decoded
  return value === null ? null : { ok: true, codec: 'command', value, canonical: false }
}
