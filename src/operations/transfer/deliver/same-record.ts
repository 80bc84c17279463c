import type { BusRecord, NewRecord } from '../../../bus/record.ts'
import { asBuffer } from '../../../codecs/text-cache.ts'

/** A field in which two records differ. */
export type RecordField = 'key' | 'value' | 'headers' | 'timestamp'

/**
 * Returns the first field in which a record differs from the one that was to be appended; `undefined` if they are the same. A
 * timestamp that the broker set does not count.
 */
export function differenceOf(wanted: NewRecord, found: BusRecord): RecordField | undefined {
  if (!areSame(wanted.key, found.key)) return 'key'
  if (!areSame(wanted.value, found.value)) return 'value'
  const { headers = [], timestamp = found.timestamp } = wanted
  const hasSameHeaders =
    headers.length === found.headers.length &&
    headers.every(([name, value], at) => {
      const other = found.headers[at]
      return other !== undefined && name === other[0] && areSame(value, other[1])
    })
  if (!hasSameHeaders) return 'headers'
  return timestamp === found.timestamp || found.timestampType === 'append' ? undefined : 'timestamp'
}

const areSame = (a: Uint8Array | null, b: Uint8Array | null): boolean =>
  a === null || b === null ? a === b : asBuffer(a).equals(asBuffer(b))
