/** A record header. Names may repeat and their order counts, so headers are a list of pairs. */
export type Header = readonly [name: string, value: Uint8Array | null]

/** A record of a topic. Its byte arrays are views of fetched buffers: copy what must outlive the batch. */
export interface BusRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  /**
   * Milliseconds since 1970 UTC; -1 when the record carries none. Any 64-bit integer: some producers count seconds,
   * microseconds or nanoseconds.
   */
  readonly timestamp: bigint
  /** `null` is "no key", which is not an empty key. */
  readonly key: Uint8Array | null
  /** `null` is a tombstone, which is not an empty value. */
  readonly value: Uint8Array | null
  /** The headers, in order. */
  readonly headers: readonly Header[]
}

/** A record to append to a topic. */
export interface NewRecord {
  /** Determines the partition when `partition` is absent. `null` or an empty key: any partition. */
  readonly key: Uint8Array | null
  /** `null` is a tombstone, which is not an empty value. */
  readonly value: Uint8Array | null
  /** The headers, in order. Default: none. */
  readonly headers?: readonly Header[] | undefined
  /** Milliseconds since 1970 UTC, any 64-bit integer; -1 is stored as -1, "no timestamp". Default: now. */
  readonly timestamp?: bigint | undefined
  /** The partition. Absent: it follows from the key. */
  readonly partition?: number | undefined
}

/** The position of a record: topic, partition and offset. */
export interface Position {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
}
