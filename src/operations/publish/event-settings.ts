import type { EventMetadata } from '../../bus/event.ts'
import type { Header } from '../../bus/record.ts'
import type { ViewCodec } from '../events/event-view.ts'
import type { SchemaSet } from '../schemas/compiled.ts'
import type { KeyField } from './aggregate-key.ts'

/** The settings of `publish`, which apply to every event. */
export interface EventSettings {
  /** If set, each line is the data of an event of this type. Absent: each line is a whole record. */
  readonly eventType?: string | undefined
  readonly eventVersion?: number | undefined
  /** The topic, which also selects the schema. */
  readonly topic: string
  readonly schemas?: SchemaSet | undefined
  /** Absent: bincode if there is a schema, else JSON. */
  readonly codec?: ViewCodec | undefined
  /** Where `codec` is set, for error messages: a setting of the caller, such as `--codec`, or a configuration file. */
  readonly codecFrom?: { readonly setting: string } | { readonly file: string } | undefined
  readonly envelope: 'bincode' | 'cbor'
  /** Overrides the same fields of the metadata in a line. */
  readonly metadata: EventMetadata | null
  /** Added to the headers in a line. */
  readonly headers: readonly Header[]
  /** The record key, in place of the key in a line. */
  readonly key?: string | undefined
  /** The payload field whose value becomes the record key, if neither `key` nor the line gives one. Absent: the event type. */
  readonly keyField?: KeyField | undefined
  readonly partition?: number | undefined
  /** Whether a record goes to the partition that its line names. Default: to the partition of its key. */
  readonly keepPartitions?: boolean | undefined
}
