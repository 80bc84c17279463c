import type { EventMetadata } from '../../bus/event.ts'
import type { Header } from '../../bus/record.ts'
import type { ViewCodec } from '../events/event-view.ts'
import type { SchemaSet } from '../schemas/compiled.ts'
import type { KeyField } from './aggregate-key.ts'

/** What the command line says of every event. */
export interface EventSettings {
  /** With a type, a line is that event's data; without one, a line is a whole record. */
  readonly eventType?: string | undefined
  readonly eventVersion?: number | undefined
  /** Where the events go, which says by which schema they are written. */
  readonly topic: string
  readonly schemas?: SchemaSet | undefined
  /** Absent: as a schema says, else JSON. */
  readonly codec?: ViewCodec | undefined
  /** What chose `codec`, for errors: `--codec`, or a configuration file. */
  readonly codecFrom?: string | undefined
  readonly envelope: 'bincode' | 'cbor'
  /** Goes over what a line says of itself. */
  readonly metadata: EventMetadata | null
  readonly headers: readonly Header[]
  readonly key?: string | undefined
  /** Without `key`: the field of an event's data whose value is the record key. Absent: the event type is the key. */
  readonly keyField?: KeyField | undefined
  readonly partition?: number | undefined
  /** Records go to the partition they say they came from. Default: where their key belongs. */
  readonly keepPartitions?: boolean | undefined
}
