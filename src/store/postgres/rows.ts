import type { SerializedEvent } from '../../bus/event.ts'
import { type EventColumns, fromColumns } from '../stored-form.ts'

/** Columns to select of an event. Bytes and times are asked for in forms that no setting of the server changes. */
export const EVENT = `event_type, event_version, encode(event_data, 'hex') AS event_data, metadata::text AS metadata`

/** A time to the microsecond. */
export const time = (column: string): string =>
  `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS ${column}`

export interface EventRow {
  readonly event_type: string
  readonly event_version: string
  readonly event_data: string
  readonly metadata: string | null
}

export const toEvent = (row: EventRow): SerializedEvent =>
  fromColumns({
    eventType: row.event_type,
    eventVersion: Number(row.event_version),
    data: Buffer.from(row.event_data, 'hex'),
    metadata: row.metadata,
  })

/** The columns of many events as four arrays, to be unnested. */
export const eventArrays = (events: readonly EventColumns[]) => [
  events.map(({ eventType }) => eventType),
  events.map(({ eventVersion }) => eventVersion),
  events.map(({ data }) => data),
  events.map(({ metadata }) => metadata),
]
