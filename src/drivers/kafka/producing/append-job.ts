import { AppendError, type EventBusError, publishFailed, recordName } from '../../../bus/errors.ts'
import { advice } from '../../../bus/hints.ts'
import type { NewRecord, Position } from '../../../bus/record.ts'
import { type Refusal, withLimit } from './refusals.ts'

/** The state of one call of `append`. */
export interface AppendJob {
  readonly topic: string
  readonly records: readonly NewRecord[]
  readonly positions: (Position | undefined)[]
  /** The index of the first record that failed, or the number of records. Records from here on are not sent. */
  stop: number
  /** How many records before `stop` are not acknowledged yet. */
  pending: number
  /** How many batches in flight contain records of this job. */
  inFlight: number
  /** Whether `done` is settled, or about to be. */
  isOver: boolean
  /** The error of the record at `stop`. */
  failure: EventBusError | undefined
  readonly refused: Refusal[]
  /** The indexes of records that were sent without a conclusive answer. */
  readonly unknown: Set<number>
  readonly done: PromiseWithResolvers<readonly Position[]>
}

export const newJob = (topic: string, records: readonly NewRecord[]): AppendJob => ({
  topic,
  records,
  positions: new Array(records.length).fill(undefined),
  stop: records.length,
  pending: records.length,
  inFlight: 0,
  isOver: false,
  failure: undefined,
  refused: [],
  unknown: new Set(),
  done: Promise.withResolvers(),
})

/** Ends a job with the failure of the record at `index`, unless an earlier record has failed already. */
export function stopAt(job: AppendJob, index: number, failure: EventBusError): void {
  if (job.failure !== undefined && index >= job.stop) return
  job.failure = failure
  job.stop = index
  job.pending = 0
  for (let before = 0; before < index; before += 1) if (job.positions[before] === undefined) job.pending += 1
}

/** Ends a job at a record that was refused. */
export function refuseRecord(job: AppendJob, refusal: Refusal): void {
  job.refused.push(refusal)
  job.unknown.delete(refusal.index)
  stopAt(job, refusal.index, publishFailed(job.topic, refusal.reason))
}

/** Stores the positions of acknowledged records: consecutive offsets from `base` on, or all -1n if the broker reports none. */
export function acknowledge(job: AppendJob, partition: number, indices: readonly number[], base: bigint): void {
  const { topic } = job
  let offset = base
  for (const index of indices) {
    job.positions[index] = { topic, partition, offset }
    if (base >= 0n) offset += 1n
  }
  job.pending -= job.failure === undefined ? indices.length : indices.filter((index) => index < job.stop).length
}

/**
 * Settles the promise of a job once each record before its first failure is acknowledged and no batch is in flight.
 * `settingsOf` looks up the settings of a topic, to name the limit that a record exceeds.
 */
export function settle(job: AppendJob, settingsOf: (topic: string) => Promise<ReadonlyMap<string, string>>): void {
  if (job.isOver || job.inFlight > 0 || job.pending > 0) return
  job.isOver = true
  if (job.failure === undefined) job.done.resolve(job.positions as Position[])
  else void fail(job, job.failure, settingsOf)
}

async function fail(
  job: AppendJob,
  failure: EventBusError,
  settingsOf: (topic: string) => Promise<ReadonlyMap<string, string>>,
): Promise<void> {
  const { topic, records, positions } = job
  const isTooLarge = job.refused.some(({ size }) => size !== undefined)
  const settings = isTooLarge ? await settingsOf(topic) : new Map<string, string>()
  const refused = job.refused.map((refusal) => withLimit(refusal, settings)).sort((a, b) => a.index - b.index)
  const [first] = refused
  const error =
    first?.index === job.stop
      ? publishFailed(topic, `${recordName(first.index, records.length)} ${first.reason}`, {
          isPassing: false,
          cause: failure.cause,
          hints: first.settings.map((name) => advice(`change the setting ${name} of topic '${topic}'`)),
        })
      : failure
  const unknown = [...job.unknown].filter((index) => positions[index] === undefined).sort((a, b) => a - b)
  const { code, message, hints, isPassing, cause = error } = error
  const outcome = { positions, refused: refused.map(({ settings, ...record }) => record), unknown }
  job.done.reject(new AppendError(code, message, outcome, { topic, hints, isPassing, cause }))
}
