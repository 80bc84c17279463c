import type { LogSlice } from '../../../bus/topic-log.ts'
import { parseJson } from '../../../codecs/json.ts'
import type { FilterRequest } from '../../events/event-filter.ts'

/** The header of an export: where the records are from and which of them the file holds. */
export interface ExportHeader {
  /** When the export began, in RFC 3339 UTC. */
  readonly created: string
  readonly bus: { readonly kind: string; readonly clusterId: string }
  /** Records refer to the topics by their index. */
  readonly topics: readonly ExportedTopic[]
  readonly slices: readonly ExportedSlice[]
  /** The records have timestamps from `from` to before `to`. Absent: any timestamps. */
  readonly times?: TimeSpan | undefined
  /** The conditions that every record meets. Empty: all records of the slices. */
  readonly filter: FilterRequest
  /** The number of this file among the files of a split export, from 1. */
  readonly part: number
}

/** A span of record timestamps in milliseconds, `to` not included. */
export interface TimeSpan {
  readonly from?: bigint | undefined
  readonly to: bigint
}

interface ExportedTopic {
  readonly topic: string
  readonly partitions: number
}

/** An exported range of a partition. */
export type ExportedSlice = Required<LogSlice> & { readonly to: bigint }

/** The end of an export: what the file holds. */
export interface ExportEnd {
  /** False if the export was interrupted. It can then be resumed. */
  readonly complete: boolean
  /** Whether the export continues in a next file. */
  readonly continues: boolean
  readonly partitions: readonly ExportedPartition[]
  /** The smallest and the largest timestamp; `undefined` if no record has one. */
  readonly earliest: bigint | undefined
  readonly latest: bigint | undefined
}

/** The records of a partition in a file. */
export interface ExportedPartition {
  readonly topic: string
  readonly partition: number
  readonly records: number
  /** The offset of the last record. */
  readonly last: bigint
}

/** Encodes a header or an end as JSON. Integers of 64 bits become strings. */
export const encodeDocument = (document: ExportHeader | ExportEnd): Buffer =>
  Buffer.from(JSON.stringify(document, (_, value) => (typeof value === 'bigint' ? String(value) : value)))

type Fields = Readonly<Record<string, unknown>>

/** Reads a header; `undefined` if the JSON is not one. */
export function readHeader(bytes: Buffer): ExportHeader | undefined {
  const fields = fieldsOf(bytes)
  if (fields === undefined) return undefined
  const { created, bus, topics, slices, times, filter, part } = fields
  const { kind, clusterId } = (isFields(bus) ? bus : {}) as Fields
  if (typeof created !== 'string' || typeof kind !== 'string' || typeof clusterId !== 'string') return undefined
  if (!isListOf(topics, isTopic) || !Array.isArray(slices) || !isFields(filter) || !isCount(part)) return undefined
  const read = slices.map(readSlice)
  if (!read.every((slice) => slice !== undefined)) return undefined
  const to = isFields(times) ? toInt64(times.to) : undefined
  return {
    ...{ created, bus: { kind, clusterId }, topics, slices: read, part },
    times: to === undefined ? undefined : { from: isFields(times) ? toInt64(times.from) : undefined, to },
    filter: filter as FilterRequest,
  }
}

/** Reads an end; `undefined` if the JSON is not one. */
export function readEnd(bytes: Buffer): ExportEnd | undefined {
  const fields = fieldsOf(bytes)
  if (fields === undefined) return undefined
  const { complete, continues, partitions, earliest, latest } = fields
  if (typeof complete !== 'boolean' || typeof continues !== 'boolean' || !Array.isArray(partitions)) return undefined
  const read = partitions.map(readPartition)
  if (!read.every((partition) => partition !== undefined)) return undefined
  return { complete, continues, partitions: read, earliest: toInt64(earliest), latest: toInt64(latest) }
}

function fieldsOf(bytes: Buffer): Fields | undefined {
  const parsed = parseJson(bytes.toString('utf8'))
  return parsed.ok && isFields(parsed.value) ? parsed.value : undefined
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isListOf = <T>(value: unknown, is: (item: unknown) => item is T): value is readonly T[] =>
  Array.isArray(value) && value.every(is)

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

const isTopic = (value: unknown): value is ExportedTopic =>
  isFields(value) && typeof value.topic === 'string' && isCount(value.partitions)

function toInt64(value: unknown): bigint | undefined {
  return typeof value === 'string' && /^-?\d{1,19}$/.test(value) ? BigInt(value) : undefined
}

function readSlice(value: unknown): ExportedSlice | undefined {
  if (!isFields(value)) return undefined
  const { topic, partition, from: start, to: end } = value
  const [from, to] = [toInt64(start), toInt64(end)]
  if (typeof topic !== 'string' || !isCount(partition) || from === undefined || to === undefined) return undefined
  return { topic, partition, from, to }
}

function readPartition(value: unknown): ExportedPartition | undefined {
  if (!isFields(value)) return undefined
  const { topic, partition, records, last: lastOffset } = value
  const last = toInt64(lastOffset)
  if (typeof topic !== 'string' || !isCount(partition) || !isCount(records) || last === undefined) return undefined
  return { topic, partition, records, last }
}
