import { type EventBusErrorCode, UnreadableError, type UnreadablePlace } from '../../../bus/errors.ts'

/** What is wrong with a batch, without its place: see {@link UnreadableBatch}. Never leaves this folder. */
export class BatchProblem extends Error {
  override readonly name = 'BatchProblem'
  readonly code: EventBusErrorCode
  readonly suggestions: readonly string[]

  constructor(code: EventBusErrorCode, message: string, suggestions: readonly string[] = []) {
    super(message)
    this.code = code
    this.suggestions = suggestions
  }
}

/** Bytes that are not what the format says. */
export const corrupt = (reason: string): BatchProblem =>
  new BatchProblem('DESERIALIZATION_FAILED', `the record batch is corrupt: ${reason}`)

/** A batch that would take more memory than allowed. */
export const tooLarge = (limit: number): BatchProblem =>
  new BatchProblem(
    'DESERIALIZATION_FAILED',
    `the record batch is larger than the limit of ${limit} bytes once it is decompressed`,
    [`raise the limit: --max-batch-bytes ${limit * 2} (maxBatchBytes in crbus.json and in code)`],
  )

/** Messages of Kafka before 0.11. */
export const oldFormat = (magic: number): BatchProblem =>
  new BatchProblem('UNSUPPORTED', `the record is in message format ${magic}, which Kafka wrote before 0.11`)

/** A batch that cannot be read. */
export class UnreadableBatch extends UnreadableError {
  readonly #problem: BatchProblem

  constructor(problem: BatchProblem, place: UnreadablePlace) {
    const { topic, partition, offset, behind } = place
    super(problem.code, `${topic}[${partition}] at offset ${offset}: ${problem.message}`, place, {
      suggestions: [
        ...problem.suggestions,
        `read on behind the batch: crbus tail ${topic} --partition ${partition} --from ${behind}`,
      ],
      cause: problem,
    })
    this.#problem = problem
  }

  /** What a member of a group tries next, in place of a reader without one. Nothing is committed beyond the batch. */
  suggestionsFor(group: string): readonly string[] {
    const { topic, partition, behind } = this.place
    const next = `crbus reset --group ${group} --topic ${topic}:${partition} --to ${behind}`
    return [...this.#problem.suggestions, `read on behind the batch: ${next}`]
  }
}
