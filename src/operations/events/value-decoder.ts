import type { BusRecord } from '../../bus/record.ts'

/**
 * A value that a {@link ValueDecoder} decoded, or why it cannot be decoded. `bytes`: the decoder knows the record, but cannot decode
 * any record at the moment.
 */
export type DecodedValue =
  | {
      readonly ok: true
      readonly codec: 'avro' | 'protobuf' | 'json' | 'bytes' | 'command'
      readonly value: unknown
      /** As in `DecodedPayload`: false, because crbus does not encode the value again. */
      readonly canonical: false
      /** The id of the schema in the registry. */
      readonly schemaId?: number | undefined
    }
  | { readonly ok: false; readonly reason: string }

/** A record key that a {@link ValueDecoder} decoded. */
export interface DecodedKey {
  readonly value: unknown
  /** The id of the schema in the registry. */
  readonly schemaId: number
}

/** Decodes the values of records by means outside of crbus: a schema registry, or a command. */
export interface ValueDecoder {
  /** Whether the decoder also decodes records whose envelope crbus can decode. */
  readonly decodesEvents: boolean
  /** Gets what {@link decode} needs for these records. */
  prepare(records: readonly BusRecord[]): Promise<void>
  /** Decodes a prepared record. `undefined` if the record is not for this decoder. */
  decode(record: BusRecord): DecodedValue | undefined
  /** Decodes the key of a prepared record. `undefined` if it is not for this decoder. Absent: it decodes no keys. */
  decodeKey?(record: BusRecord): DecodedKey | undefined
}

/** Combines decoders: a record is decoded by the first one that knows it. */
export function firstDecoder(decoders: readonly ValueDecoder[]): ValueDecoder | undefined {
  const [only, ...more] = decoders
  if (only === undefined || more.length === 0) return only
  return {
    decodesEvents: decoders.some(({ decodesEvents }) => decodesEvents),
    prepare: async (records) => {
      for (const decoder of decoders) await decoder.prepare(records)
    },
    decode: (record) => {
      for (const decoder of decoders) {
        const decoded = decoder.decode(record)
        if (decoded !== undefined) return decoded
      }
      return undefined
    },
    decodeKey: (record) => {
      for (const decoder of decoders) {
        const decoded = decoder.decodeKey?.(record)
        if (decoded !== undefined) return decoded
      }
      return undefined
    },
  }
}
