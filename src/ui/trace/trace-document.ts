import { isUtf8 } from 'node:buffer'
import { parseJsonKeys } from '../../codecs/json/parse-json-keys.ts'
import { valueJson } from '../../codecs/json.ts'
import { asBuffer } from '../../codecs/text-cache.ts'
import type { Gathered } from '../../operations/trace/gather.ts'
import type { MessageKind } from '../../operations/trace/topic-role.ts'
import type { CausedBy, Participant, Trace, TracedMessage, TraceFinding } from '../../operations/trace/trace.ts'
import { findingText } from './findings.ts'

/** One conversation, as JSON. */
export interface TraceDocument {
  readonly correlationId: string
  /** RFC 3339. Absent if no record has a time. */
  readonly firstAt?: string | undefined
  readonly lastAt?: string | undefined
  /** Milliseconds between the two. */
  readonly duration?: number | undefined
  /** False if a limit cut the conversation. */
  readonly complete: boolean
  /** In time order; causes before effects where times are equal. */
  readonly messages: readonly TraceMessage[]
  /** The lanes of a sequence diagram. */
  readonly participants: readonly Participant[]
  readonly findings: readonly {
    readonly code: TraceFinding['code']
    readonly message: string
    /** Indexes. */
    readonly messages: readonly number[]
    /** What to try next. */
    readonly suggestions: readonly TraceSuggestion[]
  }[]
  readonly read: {
    readonly topics: readonly string[]
    readonly scanned: number
    readonly indexed: number
    readonly from?: string | undefined
  }
}

/** What to try next: a suggestion of the command line. */
export type TraceSuggestion =
  | { readonly run: string; readonly note?: string | undefined }
  | { readonly flag: string; readonly note?: string | undefined }
  | { readonly hint: string }

/** A message of a conversation, as JSON. */
export interface TraceMessage {
  readonly index: number
  readonly kind: MessageKind
  readonly topic: string
  readonly partition: number
  readonly offset: number | string
  readonly time: string | null
  readonly eventType?: string | undefined
  readonly eventVersion?: number | undefined
  readonly messageId?: string | undefined
  readonly causationId?: string | undefined
  readonly correlationId?: string | undefined
  readonly userId?: string | undefined
  readonly statedAt?: string | undefined
  readonly key?: string | undefined
  readonly codec?: string | undefined
  readonly data?: unknown
  readonly error?: string | undefined
  readonly cause?: number | undefined
  readonly causedBy?: CausedBy | undefined
  readonly elapsed?: number | undefined
  readonly copyOf?: number | undefined
  readonly depth: number
  readonly from: string
  readonly to: string
  readonly deadLetter?:
    | {
        readonly reason?: string | undefined
        readonly origin?: string | undefined
        readonly stored?: { readonly id: string; readonly status: string } | undefined
      }
    | undefined
  readonly retriedFrom?: string | undefined
  readonly marks: readonly TraceFinding['code'][]
}

/** Returns a conversation and what was read to find it as a JSON document. `suggest` says what to try next about a finding. */
export function traceDocument(
  trace: Trace,
  { topics, scanned, indexed, since }: Gathered['read'],
  suggest: (finding: TraceFinding) => readonly TraceSuggestion[] = () => [],
): TraceDocument {
  const { correlationId, messages, participants, findings, isComplete } = trace
  const marks = new Map<number, TraceFinding['code'][]>()
  for (const { code, messages: own } of findings) {
    for (const index of own) marks.set(index, [...(marks.get(index) ?? []), code])
  }
  const times = messages.flatMap(({ time }) => time ?? [])
  const [first, last] = [
    times.reduce(lesser, Number.POSITIVE_INFINITY),
    times.reduce(greater, Number.NEGATIVE_INFINITY),
  ]
  return {
    correlationId,
    ...(times.length === 0 ? {} : { firstAt: toTime(first), lastAt: toTime(last), duration: last - first }),
    complete: isComplete,
    messages: messages.map((message) => messageDocument(message, marks.get(message.index) ?? [])),
    participants,
    findings: findings.map((finding) => ({
      code: finding.code,
      message: findingText(finding, trace),
      messages: finding.messages,
      suggestions: suggest(finding),
    })),
    read: { topics, scanned, indexed, ...(since === undefined ? {} : { from: toTime(since) }) },
  }
}

const lesser = (a: number, b: number): number => Math.min(a, b)
const greater = (a: number, b: number): number => Math.max(a, b)

const toTime = (milliseconds: number): string => new Date(milliseconds).toISOString()

/** Returns a message as JSON. Absent fields are left out. */
function messageDocument(traced: TracedMessage, marks: readonly TraceFinding['code'][]): TraceMessage {
  const { index, message, time, cause, causedBy, elapsed, copyOf, depth, from, to } = traced
  const { kind, topic, partition, offset, key, id, event, payload, deadLetter, retriedFrom } = message
  const { correlationId, causationId, userId, timestamp } = event?.metadata ?? {}
  const document: TraceMessage = {
    index,
    kind,
    topic,
    partition,
    offset: Number.isSafeInteger(Number(offset)) ? Number(offset) : offset.toString(),
    time: time === undefined ? null : toTime(time),
    eventType: event?.eventType,
    eventVersion: event?.eventVersion,
    messageId: id,
    causationId,
    correlationId,
    userId,
    statedAt: timestamp,
    key: key === null ? undefined : keyText(key),
    codec: payload.codec,
    data:
      payload.value === undefined || payload.codec === 'bytes' ? undefined : parseJsonKeys(valueJson(payload.value)),
    error: payload.error,
    cause,
    causedBy,
    elapsed,
    copyOf,
    depth,
    from,
    to,
    deadLetter,
    retriedFrom,
    marks,
  }
  return Object.fromEntries(
    Object.entries(document).filter(([, value]) => value !== undefined),
  ) as unknown as TraceMessage
}

/** A key that is not text is shown in base64. */
const keyText = (key: Uint8Array): string => asBuffer(key).toString(isUtf8(key) ? 'utf8' : 'base64')
