/**
 * The library: the event bus of Composable Rust for TypeScript services.
 *
 * @module crbus
 */

export type * from './bus/admin.ts'
export type * from './bus/cluster/acl.ts'
export type * from './bus/cluster/cluster-details.ts'
export {
  type BusMessage,
  type DiagnosticsChannel,
  diagnostics,
  type KafkaRequestMessage,
  type OutageMessage,
  type PublishMessage,
  type ReceivedMessage,
  type SubscribedMessage,
} from './bus/diagnostics.ts'
export type { OffsetReset } from './bus/driver-port.ts'
export {
  AppendError,
  type AppendOutcome,
  EventBusError,
  type EventBusErrorCode,
  type EventBusErrorDetails,
  eventBusErrorCodes,
  type RefusedRecord,
} from './bus/errors.ts'
export { type EventMetadata, type SerializedEvent, serializedEvent, type TraceContext, versionOf } from './bus/event.ts'
export type {
  EventBatch,
  EventBus,
  EventStream,
  PublishOptions,
  Received,
  SubscribeOptions,
} from './bus/event-bus.ts'
export type { Hint } from './bus/hints.ts'
export { type Logger, logBus, logKafkaRequests } from './bus/logger.ts'
export { defaultGroup, isEventTopic, topicFor } from './bus/names/names.ts'
export type { Outage, OutageOptions } from './bus/outage.ts'
export { partitionOf } from './bus/partitioner.ts'
export type { BusRecord, Header, NewRecord, Position } from './bus/record.ts'
export type { Isolation, LogSlice, PartitionRange, ReadOptions, TopicLog } from './bus/topic-log.ts'
export type { EncodedBytes } from './codecs/cbor/cbor.ts'
export { type DecodedEnvelope, decodeEnvelope, type EnvelopeFormat, encodeEnvelope } from './codecs/envelope.ts'
export { messageId } from './codecs/message-id.ts'
export { type DecodedPayload, decodePayload, encodePayload, type PayloadCodec } from './codecs/payload.ts'
export { EmbeddedEventBus } from './drivers/embedded/embedded-event-bus.ts'
export type { EmbeddedEventBusOptions } from './drivers/embedded/embedded-options.ts'
export type { BearerToken, Compression, Sasl } from './drivers/kafka/kafka-options.ts'
export { RedpandaEventBus } from './drivers/kafka/redpanda-event-bus.ts'
export type { RedpandaEventBusOptions } from './drivers/kafka/redpanda-options.ts'
export { InMemoryEventBus } from './drivers/memory/in-memory-event-bus.ts'
export type { InMemoryEventBusOptions } from './drivers/memory/memory-options.ts'
export type { Action } from './saga/action.ts'
export type { Aggregate } from './saga/aggregate.ts'
export { combineCodecs, type EncodedEvent, type EventCodec } from './saga/codecs/codec.ts'
export { type ActionVersions, cborCodec, jsonCodec } from './saga/codecs/plain-codecs.ts'
export { schemaCodec } from './saga/codecs/schema-codec.ts'
export type { Duration } from './saga/duration.ts'
export {
  append,
  appendTo,
  delay,
  dispatch,
  type Effect,
  none,
  parallel,
  publish,
  type Receiver,
  reject,
  type Sending,
  type SendOptions,
  sequence,
} from './saga/effects.ts'
export type { Handled } from './saga/engine/task.ts'
export type { Clock, Reducer, Step } from './saga/reducer.ts'
export {
  type CommitMessage,
  type FailedMessage,
  type HandleMessage,
  type RelayedMessage,
  type RunningMessage,
  runtimeDiagnostics,
  type TimersFiredMessage,
} from './saga/reports/diagnostics.ts'
export type { Counts, HandledKind, Health, Wait } from './saga/reports/health.ts'
export type { OnError, OnRejected, Problem, Rejection } from './saga/reports/problem.ts'
export { formatRuntimeMetrics, type RuntimeMetrics } from './saga/reports/runtime-metrics.ts'
export { type EnvOption, type RunAggregateOptions, type RunningAggregate, runAggregate } from './saga/run-aggregate.ts'
export { type RunSagaOptions, runSaga } from './saga/run-saga.ts'
export type { Running, RunOptions } from './saga/runtime/running.ts'
export type { EarlierSaga, Saga } from './saga/saga.ts'
export {
  compileDecoder,
  type Decoded,
  type DecodedJson,
  type DecodeFailure,
  type Decoder,
} from './schema/bincode/compile-decoder.ts'
export { compileEncoder, type Encoded, type EncodeFailure, type Encoder } from './schema/bincode/compile-encoder.ts'
export type {
  Answers as SchemaAnswers,
  Body as RustBody,
  Fields as RustFields,
  NamedType,
  Primitive as RustPrimitive,
  Schema,
  SerdeForm,
  Type as RustType,
  Variants as RustVariants,
} from './schema/model.ts'
export { type ReadSchemaFile, readSchemaFile, type SchemaFileProblem } from './schema/schema-file.ts'
export type { ReadSerde } from './schema/serde/read-value.ts'
export { compileSerdeCodec, type EncodedSerde, type SerdeCodec } from './schema/serde/serde-codec.ts'
export type { SerdeFormat } from './schema/serde/write-primitive.ts'
export { writeSchemaFile } from './schema/write-schema-file.ts'
export {
  EventStoreError,
  type EventStoreErrorCode,
  type EventStoreErrorDetails,
  eventStoreErrorCodes,
} from './store/errors.ts'
export type * from './store/event-store.ts'
export type { StorePart, TableName } from './store/layout.ts'
export { openEventStore } from './store/open.ts'
export { PostgresEventStore } from './store/postgres/postgres-event-store.ts'
export type { PostgresEventStoreOptions } from './store/postgres/postgres-options.ts'
export { SqliteEventStore } from './store/sqlite/sqlite-event-store.ts'
export type { SqliteEventStoreOptions } from './store/sqlite/sqlite-options.ts'
