import { createHash } from 'node:crypto'
import type { BusRecord } from '../bus/record.ts'

/** The last indexed record of a partition, by which a reader notices that its topic was deleted and created again. */
export interface Fingerprint {
  readonly offset: bigint
  readonly timestamp: bigint
  /** The first half of a SHA-256 over key and value. */
  readonly digest: Uint8Array
}

/** Returns the fingerprint of a record. */
export function fingerprintOf({ offset, timestamp, key, value }: BusRecord): Fingerprint {
  const digest = createHash('sha256')
  for (const part of [key, value]) {
    digest.update(`${part === null ? '-' : part.length};`)
    if (part !== null) digest.update(part)
  }
  return { offset, timestamp, digest: digest.digest().subarray(0, 16) }
}

/** Whether a record has this fingerprint. */
export function hasFingerprint(record: BusRecord, fingerprint: Fingerprint): boolean {
  const own = fingerprintOf(record)
  return (
    own.offset === fingerprint.offset &&
    own.timestamp === fingerprint.timestamp &&
    Buffer.from(own.digest).equals(fingerprint.digest)
  )
}
