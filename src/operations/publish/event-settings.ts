import type { EventMetadata } from '../../bus/event.ts'
import type { Header } from '../../bus/record.ts'
import type { ViewCodec } from '../events/event-view.ts'
import type { SchemaSet } from '../schemas/compiled.ts'
import type { KeyField } from './aggregate-key.ts'

/** The settings that apply to every event. */
export interface EventSettings {
  /** If set, a line is the data of an event of this type. Absent: a line is a whole record. */
  readonly eventType?: string | undefined
  readonly eventVersion?: number | undefined
  /** The topic, which also selects the schema. */
  readonly topic: string
  readonly schemas?: SchemaSet | undefined
  /** Absent: bincode when there is a schema, else JSON. */
  readonly codec?: ViewCodec | undefined
  /** The origin of `codec`, for errors: the setting of the caller that it was given in, or a configuration file. */
  readonly codecFrom?: { readonly setting: string } | { readonly file: string } | undefined
  readonly envelope: 'bincode' | 'cbor'
  /** Takes precedence over the metadata in a line. */
  readonly metadata: EventMetadata | null
  readonly headers: readonly Header[]
  readonly key?: string | undefined
  /** Without `key`: the payload field whose value is the record key. Absent: the event type is the key. */
  readonly keyField?: KeyField | undefined
  readonly partition?: number | undefined
  /** Records go to the partition that they name. Default: the partition of their key. */
  readonly keepPartitions?: boolean | undefined
}
