import { AssertionError } from 'node:assert/strict'
import type { SerializedEvent } from '../bus/event.ts'
import type { EventBus } from '../bus/event-bus.ts'
import type { Position } from '../bus/record.ts'
import { sleep } from '../bus/time/sleep.ts'
import { buildTrace } from '../operations/trace/build-trace.ts'
import { gatherConversation } from '../operations/trace/gather.ts'
import { type Trace, type TracedMessage, type TraceFinding, timeOf } from '../operations/trace/trace.ts'
import { type Duration, toMilliseconds } from '../saga/duration.ts'
import { type ConversationTree, differsFrom, parseTree, treeText } from './conversation-tree.ts'

/** A message of a {@link Conversation}. */
export interface ConversationMessage extends Position {
  /** What the name of the topic says: `order-events`, `order-commands` and `order-events-dlq` are an event, a command and a dead letter. */
  readonly kind: 'event' | 'command' | 'dead-letter' | 'other'
  /** For example `OrderPlaced.v1`; empty for a record that is not an event. */
  readonly eventType: string
  /** Absent for a record that is not an event. */
  readonly event?: SerializedEvent | undefined
  /** The decoded payload: CBOR or JSON. `undefined` for other payloads. */
  readonly data: unknown
  /** The timestamp of the record. Absent if it has none. */
  readonly time?: Date | undefined
  /** The message that caused this one. Absent for the first one. */
  readonly cause?: ConversationMessage | undefined
  /** The messages that this one caused, in time order. */
  readonly effects: readonly ConversationMessage[]
  /** Whether the same message was published to the topic before. */
  readonly isCopy: boolean
}

/** What is wrong with a conversation. */
export interface ConversationFault {
  /**
   * `duplicate`: a message was published twice. `redelivered`: a consumer handled a message twice. `orphan`, `gap`: a cause is missing.
   * `clock-skew`: an effect is dated before its cause. `several-roots`: two conversations have the same id. `undecodable`: a record is not
   * an event. `dead-letter`: a message was given up.
   */
  readonly code: Exclude<TraceFinding['code'], 'overdue'>
  /** The messages that the fault is about. */
  readonly messages: readonly ConversationMessage[]
}

/** All messages with one correlation id, on all topics of events, commands and dead letters. */
export interface Conversation {
  /** The correlation id that all messages have, or whose messages they are linked to by causation. */
  readonly correlationId: string
  /** In time order. */
  readonly messages: readonly ConversationMessage[]
  /** What is wrong with the conversation; empty if nothing is. */
  readonly faults: readonly ConversationFault[]
  /** The messages as a tree of causes and effects, one line for each, without copies. */
  readonly tree: string
}

/** The most messages of a conversation in a test. */
const MAX_MESSAGES = 10_000

/**
 * Reads a conversation from a bus: the messages with a correlation id on all topics whose names end with `-events`, `-commands`, `-dlq` or
 * `-dead-letters`, and what caused what. `crbus trace` shows the same. Rejects with an `EventBusError` if the bus cannot be read.
 *
 * @example
 * ```ts
 * import { InMemoryEventBus, messageId, serializedEvent } from 'crbus'
 * import { traceOf } from 'crbus/testing'
 *
 * await using bus = new InMemoryEventBus({ createTopics: true })
 * const place = serializedEvent('PlaceOrder.v1', Buffer.from('{"order_id":"o-1"}'), { correlationId: 'c-1' })
 * const placed = serializedEvent('OrderPlaced.v1', place.data, { correlationId: 'c-1', causationId: messageId(place) })
 * await bus.publish('order-commands', place)
 * await bus.publish('order-events', placed)
 *
 * const { messages, tree } = await traceOf(bus, 'c-1')
 * messages[1]?.cause?.eventType // => 'PlaceOrder.v1'
 * tree // => 'PlaceOrder.v1\n  OrderPlaced.v1'
 * ```
 */
export async function traceOf(bus: EventBus, correlationId: string): Promise<Conversation> {
  const request = { correlationId, limit: MAX_MESSAGES, reading: {}, signal: new AbortController().signal }
  const { messages, isComplete, read } = await gatherConversation(bus, { ...request, onNotice: () => {} })
  const { topics } = read
  // Time does not pass in most tests, so nothing is overdue.
  const options = { correlationId, topics, isComplete, now: 0, overdue: Number.POSITIVE_INFINITY }
  return toConversation(buildTrace(messages, options))
}

function toConversation(trace: Trace): Conversation {
  const { correlationId } = trace
  const messages = trace.messages.map(toMessage)
  const links = messages as (ConversationMessage & { cause?: ConversationMessage; effects: ConversationMessage[] })[]
  for (const { index, cause } of trace.messages) {
    const [own, parent] = [links[index], cause === undefined ? undefined : links[cause]]
    if (own === undefined || parent === undefined) continue
    own.cause = parent
    parent.effects.push(own)
  }
  const faults = trace.findings.flatMap(({ code, messages: indexes }) =>
    code === 'overdue' ? [] : [{ code, messages: indexes.map((index) => messages[index] as ConversationMessage) }],
  )
  return { correlationId, messages, faults, tree: treeText(treeOf(messages)) }
}

function toMessage({ message, copyOf }: TracedMessage): ConversationMessage {
  const { topic, partition, offset, kind, event, payload } = message
  const time = timeOf(message)
  return {
    topic,
    partition,
    offset,
    // Timers are only in an event store, which is not read.
    kind: kind === 'timer' ? 'other' : kind,
    eventType: event?.eventType ?? '',
    event,
    data: payload.value,
    time: time === undefined ? undefined : new Date(time),
    effects: [],
    isCopy: copyOf !== undefined,
  }
}

/** Returns the messages as a tree, without copies. */
const treeOf = (messages: readonly ConversationMessage[]): ConversationTree =>
  messages.filter(({ cause }) => cause === undefined).flatMap(branchOf)

const branchOf = ({ isCopy, eventType, topic, effects }: ConversationMessage): ConversationTree => {
  const branches = effects.flatMap(branchOf)
  // A copy may have effects of its own, if a consumer handled both.
  return isCopy ? branches : [{ name: eventType === '' ? `(no event on ${topic})` : eventType, branches }]
}

/** Options of {@link expectConversation}. */
export interface ExpectConversationOptions {
  /** How long to wait until the conversation is as expected, such as `'30s'`. Default 5 s. 0: it must be so now. */
  readonly within?: Duration | undefined
  /** Faults that do not fail the test. Default: none. At-least-once delivery allows `duplicate`. */
  readonly allow?: readonly ConversationFault['code'][] | undefined
}

const DEFAULT_WITHIN = '5s'
const POLL_INTERVAL_MS = 20

/**
 * Waits until a conversation on a bus is the expected tree of causes and effects, without faults, and returns it. Throws an
 * `AssertionError` with both trees otherwise.
 *
 * `tree` has a line for each message, indented below its cause, with the event type. A type without `.v1` stands for all its versions.
 * The order of messages with the same cause does not matter.
 *
 * @example
 * ```ts
 * import { InMemoryEventBus, messageId, serializedEvent } from 'crbus'
 * import { expectConversation } from 'crbus/testing'
 *
 * await using bus = new InMemoryEventBus({ createTopics: true })
 * const place = serializedEvent('PlaceOrder.v1', Buffer.from('{"order_id":"o-1"}'), { correlationId: 'c-1' })
 * const placed = serializedEvent('OrderPlaced.v1', place.data, { correlationId: 'c-1', causationId: messageId(place) })
 * await bus.publish('order-commands', place)
 * await bus.publish('order-events', placed)
 *
 * await expectConversation(bus, 'c-1', `
 *   PlaceOrder
 *     OrderPlaced
 * `)
 * ```
 */
export async function expectConversation(
  bus: EventBus,
  correlationId: string,
  tree: string,
  { within = DEFAULT_WITHIN, allow = [] }: ExpectConversationOptions = {},
): Promise<Conversation> {
  const expected = parseTree(tree)
  const wait = toMilliseconds(within)
  const deadline = performance.now() + wait
  for (;;) {
    const conversation = await traceOf(bus, correlationId)
    const faults = conversation.faults.filter(({ code }) => !allow.includes(code))
    const difference = differsFrom(parseTree(conversation.tree), expected)
    if (difference === undefined && faults.length === 0) return conversation
    if (performance.now() < deadline) {
      await sleep(POLL_INTERVAL_MS)
      continue
    }
    const faultLines = faults.map(({ code, messages }) => `  ${code}: ${messages.map(nameOf).join(', ')}`)
    const parts = [
      ...(difference === undefined ? [] : ['its messages differ']),
      ...(faultLines.length === 0 ? [] : [`it has faults:\n${faultLines.join('\n')}`]),
    ]
    throw new AssertionError({
      message: `conversation '${correlationId}' is not as expected${wait === 0 ? '' : ` after ${wait} ms`}: ${parts.join('; ')}\n\n${
        difference === undefined
          ? conversation.tree
          : `expected:\n${difference.expected}\n\nfound:\n${difference.found}`
      }`,
      actual: difference?.found ?? conversation.tree,
      expected: difference?.expected ?? conversation.tree,
      operator: 'expectConversation',
      stackStartFn: expectConversation,
    })
  }
}

const nameOf = ({ eventType, topic, partition, offset }: ConversationMessage): string =>
  `${eventType === '' ? 'a record' : eventType} (${topic}[${partition}]@${offset})`
