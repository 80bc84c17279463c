/**
 * Helpers for tests of aggregates, sagas and whole conversations, in any test runner.
 *
 * @module crbus/testing
 */

export {
  type Conversation,
  type ConversationFault,
  type ConversationMessage,
  type ExpectConversationOptions,
  expectConversation,
  traceOf,
} from './testing/conversation.ts'
export type { Faults } from './testing/faults.ts'
export { type Given, given, type Outcome } from './testing/given.ts'
export {
  type RecordedStreams,
  type Replay,
  type Replayable,
  type ReplayableReducer,
  type ReplayDifference,
  type ReplayedStream,
  type ReplayOptions,
  replay,
} from './testing/replay.ts'
export {
  type AnyAggregate,
  type SagaHarness,
  type SagaHarnessOptions,
  type Said,
  sagaHarness,
} from './testing/saga-harness.ts'
