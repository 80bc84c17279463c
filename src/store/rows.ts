import type { SerializedEvent } from '../bus/event.ts'
import { readDetails } from './dead-letter-text.ts'
import type { DeadLetter, DeadLetterStatus, PendingMessage, Snapshot, StoredEvent, Timer } from './event-store.ts'
import { fromColumns } from './stored-form.ts'

// The rows as the databases return them: SQLite with numbers and bytes, Postgres with texts, in which bytes are hexadecimal
// digits.

type NumberText = number | string
type Bytes = Uint8Array | string

interface EventRow {
  readonly event_type: string
  readonly event_version: NumberText
  readonly event_data: Bytes
  readonly metadata: string | null
}

export interface StoredRow extends EventRow {
  readonly stream_id: string
  readonly version: NumberText
  readonly created_at: string
}

export interface SnapshotRow {
  readonly stream_id: string
  readonly version: NumberText
  readonly state_data: Bytes
  readonly created_at: string
}

export interface TimerRow extends EventRow {
  readonly id: string
  readonly stream_id: string
  readonly due_at: string
}

export interface MessageRow extends EventRow {
  readonly id: NumberText
  readonly topic: string
  readonly record_key: string | null
  readonly attempts: NumberText
  readonly created_at: string
}

export interface DeadLetterRow extends EventRow {
  readonly id: NumberText
  readonly stream_id: string
  readonly original_timestamp: string
  readonly error_message: string
  readonly error_details: string | null
  readonly retry_count: NumberText
  readonly first_failed_at: string
  readonly last_failed_at: string
  readonly status: DeadLetterStatus
  readonly resolved_at: string | null
  readonly resolved_by: string | null
  readonly resolution_notes: string | null
}

const toBytes = (bytes: Bytes): Uint8Array => (typeof bytes === 'string' ? Buffer.from(bytes, 'hex') : bytes)

const toEvent = ({ event_type, event_version, event_data, metadata }: EventRow): SerializedEvent =>
  fromColumns({ eventType: event_type, eventVersion: Number(event_version), data: toBytes(event_data), metadata })

export const toStored = (row: StoredRow): StoredEvent => ({
  streamId: row.stream_id,
  version: Number(row.version),
  event: toEvent(row),
  createdAt: new Date(row.created_at),
})

export const toSnapshot = (row: SnapshotRow): Snapshot => ({
  streamId: row.stream_id,
  version: Number(row.version),
  state: toBytes(row.state_data),
  createdAt: new Date(row.created_at),
})

export const toTimer = (row: TimerRow): Timer => ({
  id: row.id,
  streamId: row.stream_id,
  due: new Date(row.due_at),
  event: toEvent(row),
})

export const toPending = (row: MessageRow): PendingMessage => ({
  id: String(row.id),
  topic: row.topic,
  key: row.record_key ?? undefined,
  event: toEvent(row),
  attempts: Number(row.attempts),
  createdAt: new Date(row.created_at),
})

export const toDeadLetter = (row: DeadLetterRow): DeadLetter => ({
  id: String(row.id),
  streamId: row.stream_id,
  event: toEvent(row),
  originalTimestamp: new Date(row.original_timestamp),
  error: row.error_message,
  ...readDetails(row.error_details),
  retryCount: Number(row.retry_count),
  firstFailedAt: new Date(row.first_failed_at),
  lastFailedAt: new Date(row.last_failed_at),
  status: row.status,
  resolvedAt: row.resolved_at === null ? undefined : new Date(row.resolved_at),
  resolvedBy: row.resolved_by ?? undefined,
  notes: row.resolution_notes ?? undefined,
})
