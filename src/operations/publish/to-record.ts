import type { SerializedEvent } from '../../bus/event.ts'
import type { Header, NewRecord } from '../../bus/record.ts'
import { encodeRecord } from '../../codecs/event-record.ts'
import { operationHints } from '../hints.ts'
import { aggregateKey, type KeyField } from './aggregate-key.ts'
import { decodeData } from './event-data.ts'
import type { EventSettings } from './event-settings.ts'
import { type BadInput, badInput, type Fields } from './input-values.ts'
import { isPartition, joinHeaders, readHeaders, readKey, readTime } from './record-fields.ts'

/** The result of reading a line of input. */
export type ReadInput = { readonly ok: true; readonly record: NewRecord; readonly eventType: string | null } | BadInput

/**
 * Builds the record of an event from the fields of its line. `data` is the decoded data; `undefined` if only the bytes are known.
 */
export function toRecord(event: SerializedEvent, settings: EventSettings, fields: Fields, data: unknown): ReadInput {
  const encoded = encodeRecord(event, settings.envelope)
  if (!encoded.ok) return encoded
  const { value } = encoded
  const { key, keyField } = settings
  // A record keeps the key of its line, even if the key is null.
  const hasKey = key !== undefined || fields.key !== undefined || fields.key_base64 !== undefined
  if (keyField === undefined || hasKey) return buildRecord(fields, value, event.eventType, settings, encoded.headers)
  const found = aggregateKey(data ?? decodeData(event, settings), keyField.name)
  if (!found.ok) return badKey(found.reason, event.eventType, settings.topic, keyField)
  return buildRecord({ ...fields, key: found.key }, value, event.eventType, settings, encoded.headers)
}

/** Creates the result for an event whose data gives no record key. */
const badKey = (reason: string, eventType: string, topic: string, { from }: KeyField): BadInput =>
  badInput(`the data of ${eventType} ${reason}, which is the record key of ${topic} (${from})`, operationHints.setKey())

/** Builds a record whose value is published unchanged. Rejects settings that would change the value. */
export function unchangedRecord(
  fields: Fields,
  value: Uint8Array | null,
  eventType: string | null,
  settings: EventSettings,
): ReadInput {
  if (settings.metadata !== null || settings.eventVersion !== undefined) {
    return badInput('the value of this record is published unchanged, so metadata and event version cannot be set')
  }
  return buildRecord(fields, value, eventType, settings)
}

/** Builds a record with a value, and with key, headers, timestamp and partition from the line and the settings. */
function buildRecord(
  fields: Fields,
  value: Uint8Array | null,
  eventType: string | null,
  settings: EventSettings,
  eventHeaders: readonly Header[] = [],
): ReadInput {
  const key = readKey(fields, eventType, settings.key)
  if (!key.ok) return key
  const headers = readHeaders(fields.headers)
  if (headers === undefined) return badInput('headers are not in a format of crbus, kcat, rpk or kaf')
  const timestamp = readTime('timestamp' in fields ? fields.timestamp : fields.ts)
  if (timestamp === null) return badInput('timestamp is neither RFC 3339 nor a 64-bit number of milliseconds')
  const { partition = settings.keepPartitions ? fields.partition : undefined } = settings
  if (partition !== undefined && !isPartition(partition)) return badInput('partition is not an integer of at least 0')
  return {
    ok: true,
    eventType,
    record: {
      key: key.bytes,
      value,
      headers: joinHeaders(headers, settings.headers, eventHeaders),
      timestamp,
      partition,
    },
  }
}
