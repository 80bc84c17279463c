import { isUtf8 } from 'node:buffer'
import type { Header } from '../../../bus/record.ts'
import { valueJson } from '../../../codecs/json.ts'
import { asBuffer } from '../../../codecs/text-cache.ts'
import type { EventView } from '../../../operations/events/event-view.ts'
import { printable, printableJson } from '../../text/printable.ts'

/** Returns the event type of a record. A record without one is a `tombstone`, `undecodable`, or named by the codec of its value. */
export function titleOf({ record, envelope, payload }: EventView): string {
  if (envelope?.ok) return printable(envelope.event.eventType)
  if (record.value === null) return 'tombstone'
  return payload?.ok ? payload.codec : 'undecodable'
}

const MAX_HEX_BYTES = 64

/** Formats bytes in hex, at most 64 of them, then the number of all bytes if there are more. */
export function hexText(bytes: Uint8Array): string {
  const shown = Buffer.from(bytes.subarray(0, MAX_HEX_BYTES)).toString('hex')
  return bytes.length > MAX_HEX_BYTES ? `0x${shown}… (${bytes.length} bytes)` : `0x${shown}`
}

/** Formats a value of metadata: a word without quotes, any other text and any other value as JSON. */
export const plainText = (value: unknown): string =>
  typeof value === 'string' && /^[^\s"]+$/.test(value) ? printable(value) : printableJson(JSON.stringify(value))

/** Formats a key or the value of a header: a word as it is, other text in quotes, bytes that are not UTF-8 in hex. */
export function bytesText(bytes: Uint8Array | null): string {
  if (bytes === null) return 'null'
  return isUtf8(bytes) ? plainText(asBuffer(bytes).toString('utf8')) : hexText(bytes)
}

/** Formats the key of a record: as {@link bytesText}, or if a decoder decodes it, its value as JSON. */
export function keyText({ record, decodedKey }: EventView): string {
  if (decodedKey === undefined) return bytesText(record.key)
  const { value } = decodedKey
  return typeof value === 'string' ? plainText(value) : printableJson(valueJson(value))
}

/** Formats a key for one line: `key=o-1`, or `(no key)`. */
export const namedKey = (view: EventView): string => (view.record.key === null ? '(no key)' : `key=${keyText(view)}`)

/** Formats headers for one line: `header:traceparent=00-4bf9 header:tenant=acme`. */
export const headersText = (headers: readonly Header[]): string =>
  headers.map(([name, value]) => `header:${plainText(name)}=${bytesText(value)}`).join(' ')
