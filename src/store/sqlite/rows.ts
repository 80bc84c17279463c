import type { SerializedEvent } from '../../bus/event.ts'
import { fromColumns } from '../stored-form.ts'

export const EVENT_COLUMNS = 'event_type, event_version, event_data, metadata'

export interface EventRow {
  readonly event_type: string
  readonly event_version: number
  readonly event_data: Uint8Array
  readonly metadata: string | null
}

export const toEvent = ({ event_type, event_version, event_data, metadata }: EventRow): SerializedEvent =>
  fromColumns({ eventType: event_type, eventVersion: event_version, data: event_data, metadata })
