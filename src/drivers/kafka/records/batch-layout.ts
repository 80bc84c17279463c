/**
 * Positions of the fields in the header of a record batch of magic 2
 * (https://kafka.apache.org/documentation/#recordbatch), under Kafka's names for them.
 */
export const BASE_OFFSET_AT = 0
export const BATCH_LENGTH_AT = 8
export const PARTITION_LEADER_EPOCH_AT = 12
export const MAGIC_AT = 16
export const CRC_AT = 17
export const ATTRIBUTES_AT = 21
export const LAST_OFFSET_DELTA_AT = 23
export const BASE_TIMESTAMP_AT = 27
export const MAX_TIMESTAMP_AT = 35
export const PRODUCER_ID_AT = 43
export const PRODUCER_EPOCH_AT = 51
export const BASE_SEQUENCE_AT = 53
export const RECORDS_COUNT_AT = 57
/** The size of the header: the records begin at this position. */
export const HEADER_BYTES = 61

/** The field `batchLength` counts the bytes from this position on. */
export const LENGTH_FROM = 12
/** The checksum covers the bytes from this position on. */
export const CRC_FROM = 21

/** The `magic` of batches since Kafka 0.11, the only format read and written here. */
export const MAGIC = 2
