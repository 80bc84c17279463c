import type { RefusedRecord } from '../../../bus/errors.ts'
import { errorCode, KafkaFailure } from '../kafka-errors.ts'

/** A record that was refused, with the names of the topic settings that decide about it. */
export interface Refusal extends RefusedRecord {
  readonly settings: readonly string[]
}

/** The error codes with which a broker refuses a single record, and the topic settings that decide about each. */
const recordRefusals: ReadonlyMap<number, readonly string[]> = new Map([
  [errorCode.CORRUPT_MESSAGE, ['cleanup.policy']],
  [errorCode.MESSAGE_TOO_LARGE, ['max.message.bytes']],
  [errorCode.RECORD_LIST_TOO_LARGE, ['segment.bytes']],
  [errorCode.INVALID_TIMESTAMP, ['message.timestamp.before.max.ms', 'message.timestamp.after.max.ms']],
  [errorCode.INVALID_RECORD, ['cleanup.policy']],
])

/** Whether a broker refused a batch because of one of its records. */
export const isRecordRefusal = (error: unknown): error is KafkaFailure =>
  error instanceof KafkaFailure && error.code !== undefined && recordRefusals.has(error.code)

/** Whether a broker refused a batch because of its size. */
export const isTooLarge = (code: number | undefined): boolean =>
  code === errorCode.MESSAGE_TOO_LARGE || code === errorCode.RECORD_LIST_TOO_LARGE

/** Error codes after which the records may or may not have been written. */
const uncertainCodes: ReadonlySet<number> = new Set([
  errorCode.UNKNOWN_SERVER_ERROR,
  errorCode.REQUEST_TIMED_OUT,
  errorCode.NETWORK_EXCEPTION,
  errorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
  errorCode.KAFKA_STORAGE_ERROR,
])

/** Whether a request that failed with this error may have written its records. */
export const isUncertain = (error: unknown): boolean =>
  !(error instanceof KafkaFailure) || error.kind === 'connection' || uncertainCodes.has(error.code ?? 0)

/** Describes why the only record of a batch was refused. `size` is the size of the encoded batch, in bytes. */
export function toRefusal(
  index: number,
  size: number,
  timestamp: bigint | undefined,
  { code, message }: KafkaFailure,
): Refusal {
  const settings = recordRefusals.get(code ?? 0) ?? []
  if (isTooLarge(code)) return { index, settings, size, reason: '' }
  const isForTimestamp = code === errorCode.INVALID_TIMESTAMP && timestamp !== undefined
  const reason = isForTimestamp ? `has timestamp ${timestamp}, which the topic does not accept` : 'was refused'
  return { index, settings, reason: `${reason}: ${message}` }
}

/** Completes the refusal of a record that is too large with its limit, from the settings of the topic. */
export function withLimit(refusal: Refusal, settings: ReadonlyMap<string, string>): Refusal {
  const { size } = refusal
  if (size === undefined) return refusal
  const value = Number(settings.get(refusal.settings[0] ?? ''))
  const limit = value > 0 ? value : undefined
  return { ...refusal, limit, reason: `is too large (${size} bytes${limit === undefined ? '' : `, limit ${limit}`})` }
}
