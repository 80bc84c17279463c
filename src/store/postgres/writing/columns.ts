import type { EventColumns } from '../../stored-form.ts'

/** Bytes as hexadecimal digits, whatever the server is set to. */
export const bytes = (column: string): string => `encode(${column}, 'hex') AS ${column}`

/** Columns to select of an event. */
export const EVENT = `event_type, event_version, ${bytes('event_data')}, metadata`

/** A time to the microsecond, whatever the server is set to. */
export const time = (column: string, name = column): string =>
  `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS ${name}`

/** The columns of many events as four arrays, to be unnested. */
export const eventArrays = (events: readonly EventColumns[]) => [
  events.map(({ eventType }) => eventType),
  events.map(({ eventVersion }) => eventVersion),
  events.map(({ data }) => data),
  events.map(({ metadata }) => metadata),
]
