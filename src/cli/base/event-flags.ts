import { Flags } from '@oclif/core'
import type { Header } from '../../bus/record.ts'
import { parseMoment } from '../../bus/time/moment.ts'
import type { TopicFormat } from '../config/topic-format.ts'
import { UsageError } from '../errors.ts'
import { flag } from '../suggestions.ts'
import { toPair } from './parse-flags.ts'

/** Flags that set the fields of an event and its record. */
export const eventFlags = {
  type: Flags.string({
    description: 'Event type, such as OrderPlaced.v1',
    helpGroup: 'EVENT',
    helpValue: 'EVENT_TYPE',
  }),
  'event-version': Flags.integer({
    description: 'Event version (default: the .vN of the event type, else 1)',
    helpGroup: 'EVENT',
    helpValue: 'NUMBER',
  }),
  'correlation-id': Flags.string({
    char: 'c',
    description: 'Correlation id in the metadata',
    helpGroup: 'EVENT',
    helpValue: 'ID',
  }),
  'causation-id': Flags.string({
    description: 'Causation id in the metadata',
    helpGroup: 'EVENT',
    helpValue: 'ID',
  }),
  'user-id': Flags.string({
    description: 'User id in the metadata',
    helpGroup: 'EVENT',
    helpValue: 'ID',
  }),
  timestamp: Flags.string({
    description: 'Timestamp in the metadata, as RFC 3339; read as UTC if it has no time zone',
    helpGroup: 'EVENT',
    helpValue: 'TIME',
  }),
  metadata: Flags.string({
    description: 'Further metadata; with a bincode envelope it is in the record header crbus-extra; repeatable',
    multiple: true,
    multipleNonGreedy: true,
    helpGroup: 'EVENT',
    helpValue: 'NAME=VALUE',
  }),
  key: Flags.string({
    char: 'k',
    description: 'Record key (default: the field that crbus.json names as the id of the topic, else the event type)',
    helpGroup: 'RECORD',
    helpValue: 'KEY',
  }),
  partition: Flags.integer({
    char: 'p',
    description: 'Partition to publish to (default: by the record key)',
    min: 0,
    helpGroup: 'RECORD',
    helpValue: 'NUMBER',
  }),
  header: Flags.string({
    char: 'H',
    description: 'Record header; repeatable',
    multiple: true,
    multipleNonGreedy: true,
    helpGroup: 'RECORD',
    helpValue: 'NAME=VALUE',
  }),
}

/** The values of `eventFlags`. */
export interface EventFlags {
  readonly type?: string | undefined
  readonly 'event-version'?: number | undefined
  readonly 'correlation-id'?: string | undefined
  readonly 'causation-id'?: string | undefined
  readonly 'user-id'?: string | undefined
  readonly timestamp?: string | undefined
  readonly metadata?: readonly string[] | undefined
  readonly header?: readonly string[] | undefined
  readonly key?: string | undefined
  readonly partition?: number | undefined
}

/** Returns the flags whose text may contain template expressions, such as `{{uuid}}`, by the names of the flags. */
export const templateTexts = (flags: EventFlags) => ({
  type: flags.type,
  key: flags.key,
  timestamp: flags.timestamp,
  metadata: flags.metadata,
  header: flags.header,
  'correlation-id': flags['correlation-id'],
  'causation-id': flags['causation-id'],
  'user-id': flags['user-id'],
})

/** Converts the flags to fields of an event and its record. `metadata` is `null` if no flag sets a part of it. */
export function toEventSettings(flags: EventFlags) {
  const extra = (flags.metadata ?? []).map((one) => toPair('--metadata', one, 'tenant=acme'))
  const repeated = extra.find(([name], at) => extra.findIndex(([other]) => other === name) < at)
  if (repeated) throw new UsageError(`--metadata sets ${repeated[0]} twice`, [flag(`--metadata ${repeated.join('=')}`)])
  const metadata = {
    correlationId: flags['correlation-id'],
    causationId: flags['causation-id'],
    userId: flags['user-id'],
    timestamp: toTimestamp(flags.timestamp),
    ...(extra.length === 0 ? {} : { extra: Object.fromEntries(extra) }),
  }
  return {
    eventType: flags.type,
    eventVersion: flags['event-version'],
    metadata: Object.values(metadata).some((field) => field !== undefined) ? metadata : null,
    headers: (flags.header ?? []).map((one): Header => {
      const [name, value] = toPair('--header', one, 'trace-id=7f3a')
      return [name, Buffer.from(value)]
    }),
    key: flags.key,
    partition: flags.partition,
  }
}

/** Converts a timestamp to RFC 3339, the form that services read. */
function toTimestamp(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const moment = parseMoment(text)
  if (moment.ok) return moment.rfc3339
  throw new UsageError(`--timestamp ${text} is not a time: ${moment.reason}`, [
    flag('--timestamp 2026-11-23T10:00:00Z'),
  ])
}

interface FormatFlags<Codec> {
  readonly codec?: Codec | undefined
  readonly envelope?: 'bincode' | 'cbor' | undefined
  readonly schema?: string | undefined
}

/**
 * Chooses the codec, envelope and key field of events to publish, with their sources for messages. Flags override the
 * configured format of the topic. `--schema` overrides the configured codec, because payloads are then encoded by the schema.
 */
export function toFormat<Codec extends string>(
  { codec, envelope, schema }: FormatFlags<Codec>,
  format: TopicFormat | undefined,
) {
  const configured = schema === undefined ? format?.codec : undefined
  const fromFile = configured === undefined || format === undefined ? undefined : { file: format.from }
  return {
    codec: codec ?? configured,
    codecFrom: codec === undefined ? fromFile : { setting: '--codec' },
    envelope: envelope ?? format?.envelope ?? ('bincode' as const),
    keyField: format?.keyField === undefined ? undefined : { name: format.keyField, from: format.from },
  }
}
