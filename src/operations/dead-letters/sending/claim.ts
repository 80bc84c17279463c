import { randomUUID } from 'node:crypto'
import { parseJson } from '../../../codecs/json.ts'
import { CLAIM_NOTES } from '../../../store/dead-letter-text.ts'

/** The person and the process that change dead letters. */
export interface Operator {
  /** For example `ann@build-1`. */
  readonly name: string
  /** Identifies the machine, or the container with process ids of its own. */
  readonly machine: string
  readonly processId: number
  /** Whether a process of this machine runs. */
  isRunning(processId: number): boolean
}

/**
 * The claim of a process to send a dead letter, kept as the notes of the letter while its status is `processing`. It says where the
 * record is sent to, so that the next process can find out whether it was sent, if this one dies.
 */
export interface Claim {
  /** A UUID, which the record has in a header. */
  readonly id: string
  readonly machine: string
  readonly processId: number
  /** When it was made, in milliseconds since 1970. */
  readonly at: number
  readonly topic: string
  readonly partition: number
  /** The end of the partition before the record was sent. */
  readonly from: bigint
}

/** How long a process may wait between its claim and sending the record, by its own clock. */
export const MAX_CLAIM_MS = 60_000
/**
 * After this time, the claim of a process on another machine has ended: a minute until it sends the record, two until the
 * brokers have refused or stored it, and two for the difference of the clocks.
 */
const CLAIM_ENDS_MS = 5 * 60_000

export const newClaim = (
  { machine, processId }: Operator,
  at: number,
  target: Pick<Claim, 'topic' | 'partition' | 'from'>,
): Claim => ({ id: randomUUID(), machine, processId, at, ...target })

/** Writes a claim as one line of JSON. */
export const writeClaim = ({ id, machine, processId, at, topic, partition, from }: Claim): string =>
  JSON.stringify({ claim: id, machine, processId, at, topic, partition, from: String(from) })

/** Reads a claim; `undefined` for notes that are not one, for example of another program. */
export function readClaim(notes: string | undefined): Claim | undefined {
  if (notes === undefined || !notes.startsWith(CLAIM_NOTES)) return undefined
  const parsed = parseJson(notes)
  if (!parsed.ok) return undefined
  const { claim: id, machine, processId, at, topic, partition, from } = parsed.value as Record<string, unknown>
  const isText = [id, machine, topic, from].every((value) => typeof value === 'string')
  const isWhole = [processId, at, partition].every((value) => Number.isSafeInteger(value) && (value as number) >= 0)
  if (!isText || !isWhole || !/^\d{1,19}$/.test(from as string)) return undefined
  return { id, machine, processId, at, topic, partition, from: BigInt(from as string) } as Claim
}

/** Whether the process of a claim may still send the record. */
export function isHeld({ machine, processId, at }: Claim, operator: Operator, now: number): boolean {
  // A process of this machine that has ended sends nothing more. Its id may belong to another process by now.
  if (machine === operator.machine && !operator.isRunning(processId)) return false
  return now - at < CLAIM_ENDS_MS
}
