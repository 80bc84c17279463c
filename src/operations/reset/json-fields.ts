import type { TopicPartition } from '../../bus/admin.ts'
import { EventBusError } from '../../bus/errors.ts'
import { fromJsonTime, type JsonTime, toJsonTime } from '../../bus/time/json-time.ts'
import { readJson } from '../named-file.ts'

// Plan files and undo files are JSON with a tag that says which of the two they are. Offsets are numbers, or strings where
// they are too large for a number.

/** The fields of a JSON object that has not been validated. */
export type JsonFields = Readonly<Record<string, unknown>>

export const isFields = (value: unknown): value is JsonFields => typeof value === 'object' && value !== null
export const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
export const isFlag = (value: unknown): value is boolean => typeof value === 'boolean'
export const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
export const isListOf =
  (isItem: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.every(isItem)

export const isBusIdentity = (bus: unknown): boolean => isFields(bus) && isText(bus.kind) && isText(bus.clusterId)

export const isTopicPartition = (value: unknown): value is TopicPartition =>
  isFields(value) && isText(value.topic) && isCount(value.partition)

/** Whether metadata and leader epoch, each of which may be absent, have their types. */
export const isCommitDetails = (value: unknown): boolean =>
  value === undefined ||
  (isFields(value) &&
    (value.metadata === undefined || typeof value.metadata === 'string') &&
    (value.leaderEpoch === undefined || isCount(value.leaderEpoch)))

/** The objects of a list; empty for any other value. */
export const fieldsIn = (value: unknown): JsonFields[] => (Array.isArray(value) ? value.filter(isFields) : [])

/** Reads an offset: `null` stays `null`, and `undefined` means that the value is invalid. */
export function toOffset(value: unknown): bigint | null | undefined {
  if (value === null) return null
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value)
  return typeof value === 'string' && /^\d{1,19}$/.test(value) ? BigInt(value) : undefined
}

/** Reads a time, which was a number of milliseconds in files of earlier versions. `undefined` when it is invalid. */
export function toTime(value: unknown): JsonTime | null | undefined {
  const time = fromJsonTime(value)
  return typeof time === 'bigint' ? toJsonTime(time) : time
}

/** Whether a value is a time that RFC 3339 can express, also in milliseconds. */
export const isTime = (value: unknown): boolean => typeof toTime(value) === 'string'

/** Reads a JSON file. `REFUSED` when it cannot be read. */
export async function readFields(path: string): Promise<JsonFields> {
  const read = await readJson(path)
  if (!read.ok) throw new EventBusError('REFUSED', read.reason)
  return read.value as JsonFields
}

/** What a tagged file is. */
interface FileKind {
  readonly tag: string
  /** The newest version that this crbus reads. */
  readonly version: number
  readonly description: string
}

/** Reads a plan or undo file. `REFUSED` when it is another file, or of a newer version. */
export async function readTagged(path: string, { tag, version, description }: FileKind): Promise<JsonFields> {
  const found = await readFields(path)
  if (found?.crbus !== tag) throw new EventBusError('REFUSED', `${path} is not ${description}`)
  if (isCount(found.version) && found.version >= 1 && found.version <= version) return found
  throw new EventBusError('REFUSED', `${path} was written by a newer crbus`)
}

export const toTaggedText = ({ tag, version }: FileKind, value: object): string =>
  `${JSON.stringify({ crbus: tag, version, ...value }, (_, field) => (typeof field === 'bigint' ? toNumber(field) : field), 2)}\n`

const toNumber = (value: bigint): number | string => {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value.toString()
}
