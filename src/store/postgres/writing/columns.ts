import type { EventColumns } from '../../stored-form.ts'

/** Selects bytes as hexadecimal digits, whatever the settings of the server are. */
export const bytes = (column: string): string => `encode(${column}, 'hex') AS ${column}`

/** Selects the columns of an event. */
export const EVENT = `event_type, event_version, ${bytes('event_data')}, metadata`

/** Selects a time with microseconds, whatever the settings of the server are. */
export const time = (column: string, name = column): string =>
  `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS ${name}`

/** Returns the columns of many events as four arrays, for `unnest`. */
export const eventArrays = (events: readonly EventColumns[]) => [
  events.map(({ eventType }) => eventType),
  events.map(({ eventVersion }) => eventVersion),
  events.map(({ data }) => data),
  events.map(({ metadata }) => metadata),
]
