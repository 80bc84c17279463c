import type { TopicPartition } from '../../bus/admin.ts'
import { EventBusError } from '../../bus/errors.ts'
import { advice, type Hint } from '../../bus/hints.ts'
import { fromJsonTime, type JsonTime, toJsonTime } from '../../bus/time/json-time.ts'
import { readJson } from '../named-file.ts'

// Reads and writes plan files and undo files. They are JSON objects, whose field `crbus` says which of the two they are. Offsets
// are numbers, or strings if they are too large for a number.

/** The fields of a JSON object that has not been validated. */
export type JsonFields = Readonly<Record<string, unknown>>

export const isFields = (value: unknown): value is JsonFields => typeof value === 'object' && value !== null
/** Whether a value is a string that is not empty. */
export const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
export const isFlag = (value: unknown): value is boolean => typeof value === 'boolean'
/** Whether a value is an integer of at least 0. */
export const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
export const isListOf =
  (isItem: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.every(isItem)

export const isBusIdentity = (bus: unknown): boolean => isFields(bus) && isText(bus.kind) && isText(bus.clusterId)

export const isTopicPartition = (value: unknown): value is TopicPartition =>
  isFields(value) && isText(value.topic) && isCount(value.partition)

/** Whether a value is metadata and a leader epoch, each of which may be absent. */
export const isCommitDetails = (value: unknown): boolean =>
  value === undefined ||
  (isFields(value) &&
    (value.metadata === undefined || typeof value.metadata === 'string') &&
    (value.leaderEpoch === undefined || isCount(value.leaderEpoch)))

/** Returns the objects in a list; empty for a value that is not a list. */
export const fieldsIn = (value: unknown): JsonFields[] => (Array.isArray(value) ? value.filter(isFields) : [])

/** Reads an offset. `null` means that nothing is committed; `undefined` is the result for an invalid value. */
export function toOffset(value: unknown): bigint | null | undefined {
  if (value === null) return null
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value)
  return typeof value === 'string' && /^\d{1,19}$/.test(value) ? BigInt(value) : undefined
}

/** Reads a time: RFC 3339, or a number of milliseconds as in files of earlier versions. `undefined` if the value is invalid. */
export function toTime(value: unknown): JsonTime | null | undefined {
  const time = fromJsonTime(value)
  return typeof time === 'bigint' ? toJsonTime(time) : time
}

/** Whether {@link toTime} reads a value as a date. */
export const isTime = (value: unknown): boolean => typeof toTime(value) === 'string'

/**
 * Reads a JSON file. Throws `REFUSED` with the hints if the file cannot be read or is not JSON. Does not check that the value is an
 * object.
 */
export async function readFields(path: string, hints: readonly Hint[]): Promise<JsonFields> {
  const read = await readJson(path)
  if (!read.ok) throw new EventBusError('REFUSED', read.reason, { hints })
  return read.value as JsonFields
}

/** A kind of file: plan files or undo files. */
interface FileKind {
  /** The value of the field `crbus` in such files. */
  readonly tag: string
  /** The version that this crbus writes, and the newest that it reads. */
  readonly version: number
  /** The kind as a noun phrase, for error messages. */
  readonly description: string
  /** What to do for another file. */
  readonly hints: readonly Hint[]
}

/** Reads a plan file or undo file. Throws `REFUSED` if it is not a file of this kind, or is of a newer version. */
export async function readTagged(path: string, { tag, version, description, hints }: FileKind): Promise<JsonFields> {
  const found = await readFields(path, hints)
  if (found?.crbus !== tag) throw new EventBusError('REFUSED', `${path} is not ${description}`, { hints })
  if (isCount(found.version) && found.version >= 1 && found.version <= version) return found
  throw new EventBusError('REFUSED', `${path} was written by a newer crbus`, { hints: [advice('update crbus')] })
}

/** Formats a value as the text of a plan file or undo file. */
export const toTaggedText = ({ tag, version }: Pick<FileKind, 'tag' | 'version'>, value: object): string =>
  `${JSON.stringify({ crbus: tag, version, ...value }, (_, field) => (typeof field === 'bigint' ? toNumber(field) : field), 2)}\n`

const toNumber = (value: bigint): number | string => {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value.toString()
}
