/** A record header. Names may repeat and their order counts, so headers are a list of pairs. */
export type Header = readonly [name: string, value: Uint8Array | null]

/** A record of a topic. Its byte arrays are views of fetched buffers: copy what must outlive the batch. */
export interface BusRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  /**
   * Milliseconds since 1970 UTC; -1 when the record has no timestamp. May be any 64-bit integer, because some producers count
   * seconds, microseconds or nanoseconds.
   */
  readonly timestamp: bigint
  /** `append`: the broker set the timestamp when it appended the record. Absent: the producer set it. */
  readonly timestampType?: 'append' | undefined
  /** `null` when the record has no key, which differs from an empty key. */
  readonly key: Uint8Array | null
  /** `null` for a tombstone, which differs from an empty value. */
  readonly value: Uint8Array | null
  /** The headers, in order. */
  readonly headers: readonly Header[]
}

/** A record to append to a topic. */
export interface NewRecord {
  /** Determines the partition when `partition` is absent. `null` or an empty key: any partition. */
  readonly key: Uint8Array | null
  /** `null` for a tombstone, which differs from an empty value. */
  readonly value: Uint8Array | null
  /** The headers, in order. Default: none. */
  readonly headers?: readonly Header[] | undefined
  /** Milliseconds since 1970 UTC; any 64-bit integer, and -1 for a record without a timestamp. Default: now. */
  readonly timestamp?: bigint | undefined
  /** The partition. Absent: the key determines it. */
  readonly partition?: number | undefined
}

/** The position of a record: topic, partition and offset. */
export interface Position {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
}
