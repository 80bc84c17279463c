import { type EventBusErrorCode, UnreadableError, type UnreadablePlace } from '../../../bus/errors.ts'

/** The reason why a batch cannot be read, without its offsets. Never leaves this folder: see {@link UnreadableBatch}. */
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

/** The bytes do not follow the format. */
export const corrupt = (reason: string): BatchProblem =>
  new BatchProblem('DESERIALIZATION_FAILED', `the record batch is corrupt: ${reason}`)

/** The batch would take more memory than allowed. */
export const tooLarge = (limit: number): BatchProblem =>
  new BatchProblem(
    'DESERIALIZATION_FAILED',
    `the record batch is larger than the limit of ${limit} bytes when decompressed`,
    [`raise the limit: --max-batch-bytes ${limit * 2} (maxBatchBytes in crbus.json and in code)`],
  )

/** The batch has a message format from before Kafka 0.11. */
export const oldFormat = (magic: number): BatchProblem =>
  new BatchProblem('UNSUPPORTED', `the record is in message format ${magic}, which Kafka wrote before 0.11`)

/** The error for a batch that cannot be read, with its offsets. */
export class UnreadableBatch extends UnreadableError {
  readonly #problem: BatchProblem

  constructor(problem: BatchProblem, place: UnreadablePlace) {
    const { topic, partition, offset, behind } = place
    super(problem.code, `${topic}[${partition}] at offset ${offset}: ${problem.message}`, place, {
      suggestions: [
        ...problem.suggestions,
        `continue after the batch: crbus tail ${topic} --partition ${partition} --from ${behind}`,
      ],
      cause: problem,
    })
    this.#problem = problem
  }

  /** Suggestions for a consumer group, which replace those for a reader without a group. */
  suggestionsFor(group: string): readonly string[] {
    const { topic, partition, behind } = this.place
    const next = `crbus reset --group ${group} --topic ${topic}:${partition} --to ${behind}`
    return [...this.#problem.suggestions, `continue after the batch: ${next}`]
  }
}
