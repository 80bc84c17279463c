import type { Position } from '../../bus/record.ts'
import type { SkippedRange } from '../events/skip-unreadable.ts'

/** A stored event, as a finding names it. */
export interface StoredRef {
  readonly streamId: string
  readonly version: number
}

/** An event that a finding is about, with its position in the store, on the bus, or both. */
export interface AuditExample extends Partial<StoredRef> {
  readonly eventType: string
  /** Milliseconds since 1970: when it was stored; for an event that is not stored, the timestamp of its record. */
  readonly time: number
  /** The record. For `published-twice`: the later copy. */
  readonly position?: Position | undefined
  /** `published-twice`: the first copy. `out-of-order`: the record of a later version that is before this one. */
  readonly other?: Position | undefined
  /** `differs`: what is not the same in the store and on the bus. */
  readonly parts?: readonly DifferingPart[] | undefined
}

/** A part of an event. */
export type DifferingPart = 'event_version' | 'data' | 'metadata'

/** The kinds of findings. They are stable. */
export const auditCodes = [
  /** Stored, not in the outbox, and not on the topic. */
  'never-published',
  /** On the topic, and not in the store. */
  'never-stored',
  /** More often on the topic than in the store. */
  'published-twice',
  /** In one partition after an event of the same stream that has a later version. */
  'out-of-order',
  /** The same event with other data, metadata or another event version. */
  'differs',
  /** Records that are not events. */
  'undecodable',
  /** Record batches that cannot be read. */
  'unreadable',
  /** No stored event belongs to the topic. */
  'no-streams',
] as const
export type AuditCode = (typeof auditCodes)[number]

/** What is wrong with one topic. */
export interface AuditFinding {
  readonly code: AuditCode
  readonly topic: string
  /** The number of events; of batches for `unreadable`. */
  readonly count: number
  /** When the first and the last of these events were stored or published, in milliseconds since 1970. Absent: not known. */
  readonly oldest?: number | undefined
  readonly newest?: number | undefined
  /** The number of events by type, most frequent first. Empty if types are not known. */
  readonly types: readonly { readonly eventType: string; readonly count: number }[]
  /** The oldest events. */
  readonly examples: readonly AuditExample[]
  /** `unreadable`: the ranges that were skipped. */
  readonly ranges?: readonly SkippedRange[] | undefined
}

/** Something that limits what an audit can say about a topic. */
export type AuditNote = { readonly topic: string } & (
  | { readonly code: 'trimmed'; readonly since: number }
  /** All records of some partitions are deleted, so no time is known since which the topic is complete. */
  | { readonly code: 'emptied'; readonly partitions: readonly number[] }
  /** Compaction deletes records, so a missing one may have been published. */
  | { readonly code: 'compacted' }
  /** Only this many of the events without a counterpart were compared for differences. */
  | { readonly code: 'not-compared'; readonly limit: number }
  /** The topic has the outcomes that a saga published, which are in no stream. */
  | { readonly code: 'saga-outcomes'; readonly count: number }
)

/** The figures of one topic. */
export interface TopicAudit {
  readonly topic: string
  /** The prefix of the streams whose events belong to the topic. */
  readonly streams: string
  /** Events stored at this time or later were compared, in milliseconds since 1970. Absent: all events. */
  readonly since?: number | undefined
  /** The number of stored events that were compared. */
  readonly stored: number
  /** The number of records that were compared. */
  readonly published: number
  /** The number of stored events that are on the topic, unchanged. */
  readonly matched: number
  /** The number of stored events that wait in the outbox, and since when the first of them waits. */
  readonly waitingCount: number
  readonly waitingSince?: number | undefined
  /** The number of stored events that are younger than the grace period and not published yet. */
  readonly young: number
}

export interface AuditReport {
  /** When the audit began by the clock of the store, in milliseconds since 1970. Events that were stored later are not judged. */
  readonly until: number
  readonly topics: readonly TopicAudit[]
  readonly findings: readonly AuditFinding[]
  readonly notes: readonly AuditNote[]
}
