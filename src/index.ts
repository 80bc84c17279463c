/** crbus as a library: the event bus of Composable Rust for TypeScript services. */

export type * from './bus/admin.ts'
export type { OffsetReset } from './bus/driver.ts'
export { EventBusError, type EventBusErrorCode, eventBusErrorCodes } from './bus/errors.ts'
export { type EventMetadata, type SerializedEvent, serializedEvent, versionOf } from './bus/event.ts'
export type { EventBus, EventStream, Received, SubscribeOptions } from './bus/event-bus.ts'
export { defaultGroup, isEventTopic, topicFor } from './bus/names.ts'
export { partitionOf } from './bus/partitioner.ts'
export type { BusRecord, Header, NewRecord, Position } from './bus/record.ts'
export type { LogSlice, PartitionRange, ReadOptions, TopicLog } from './bus/topic-log.ts'
export { type DecodedEnvelope, decodeEnvelope, type EnvelopeFormat, encodeEnvelope } from './codecs/envelope.ts'
export { type DecodedPayload, decodePayload, encodePayload, type PayloadCodec } from './codecs/payload.ts'
export { EmbeddedEventBus, type EmbeddedEventBusOptions } from './drivers/embedded/embedded-event-bus.ts'
export { RedpandaEventBus, type RedpandaEventBusOptions } from './drivers/kafka/redpanda-event-bus.ts'
export { InMemoryEventBus, type InMemoryEventBusOptions } from './drivers/memory/in-memory-event-bus.ts'
export {
  compileDecoder,
  type Decoded,
  type DecodedJson,
  type DecodeFailure,
  type Decoder,
} from './schema/bincode/compile-decoder.ts'
export { compileEncoder, type Encoded, type EncodeFailure, type Encoder } from './schema/bincode/compile-encoder.ts'
export type { Schema } from './schema/model.ts'
export { readSchemaFile, writeSchemaFile } from './schema/schema-file.ts'
export { EventStoreError, type EventStoreErrorCode, eventStoreErrorCodes } from './store/errors.ts'
export type * from './store/event-store.ts'
export type { StorePart } from './store/layout.ts'
export { openEventStore } from './store/open.ts'
export { PostgresEventStore } from './store/postgres/postgres-event-store.ts'
export type { PostgresEventStoreOptions } from './store/postgres/postgres-options.ts'
export { SqliteEventStore, type SqliteEventStoreOptions } from './store/sqlite/sqlite-event-store.ts'
