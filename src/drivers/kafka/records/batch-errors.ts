import { type EventBusErrorCode, UnreadableError, type UnreadableRange } from '../../../bus/errors.ts'
import type { Hint } from '../../../bus/hints.ts'
import { partitionName } from '../../../bus/names/names.ts'
import { driverHints } from '../../hints.ts'

/** The reason why a batch cannot be read, without the offsets of the batch. {@link UnreadableBatch} adds them. */
export class BatchProblem extends Error {
  override readonly name = 'BatchProblem'
  readonly code: EventBusErrorCode
  readonly hints: readonly Hint[]

  constructor(code: EventBusErrorCode, message: string, hints: readonly Hint[] = []) {
    super(message)
    this.code = code
    this.hints = hints
  }
}

/** The problem that the bytes of a batch do not follow the format. The reason calls the batch "it": "its checksum is …". */
export const corrupt = (reason: string): BatchProblem =>
  new BatchProblem('DESERIALIZATION_FAILED', `the record batch is corrupt: ${reason}`)

/** The problem that a batch would take more than `limit` bytes of memory. */
export const tooLarge = (limit: number): BatchProblem =>
  new BatchProblem(
    'DESERIALIZATION_FAILED',
    `the record batch is larger than the limit of ${limit} bytes when decompressed`,
    [driverHints.raiseMaxBatchBytes(limit * 2)],
  )

/** The problem that a batch has a message format from before Kafka 0.11. */
export const oldFormat = (magic: number): BatchProblem =>
  new BatchProblem('UNSUPPORTED', `the record is in message format ${magic}, which Kafka wrote before 0.11`)

/** The error for a batch that cannot be read, with the offsets of the batch. */
export class UnreadableBatch extends UnreadableError {
  readonly #problem: BatchProblem

  constructor(problem: BatchProblem, range: UnreadableRange) {
    const { topic, partition, offset, next } = range
    super(problem.code, `${partitionName(range)} at offset ${offset}: ${problem.message}`, range, {
      hints: [...problem.hints, driverHints.readFrom(topic, partition, next)],
      cause: problem,
    })
    this.#problem = problem
  }

  /** The hints for a consumer group, which replace those for a reader without a group. */
  hintsFor(group: string): readonly Hint[] {
    const { topic, partition, next } = this.range
    return [...this.#problem.hints, driverHints.resetGroup(group, topic, partition, next)]
  }
}
