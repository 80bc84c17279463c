import { createHash } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { EventBusError } from '../../../bus/errors.ts'
import { advice } from '../../../bus/hints.ts'
import type { LogSlice } from '../../../bus/topic-log.ts'
import { parseJson, writeJson } from '../../../codecs/json.ts'
import { fileRefused } from '../../../files/file-refused.ts'
import { writeWhole } from '../../../files/write-whole.ts'

/**
 * How far a transfer came. The records after it may have been appended too, because the process may have been killed between an
 * append and the note of it: the target tells.
 */
export interface TransferState {
  /** The range of a transfer between topics, as it was resolved when the transfer began. */
  readonly slices: readonly (LogSlice & { readonly to: bigint })[]
  /** The end of each partition of the targets before the transfer, by lane. */
  readonly base: ReadonlyMap<string, bigint>
  /** The offset in each partition of the targets, by lane, from which on records may not be noted yet. */
  readonly next: ReadonlyMap<string, bigint>
  /** The position of the last noted record, by source lane and target lane. */
  readonly done: ReadonlyMap<string, bigint>
  /** The number of noted records. */
  readonly delivered: number
}

/** The file in which the state of a transfer is kept until the transfer is complete. */
export interface StateFile {
  readonly path: string
  /** Returns the state of an interrupted transfer; `undefined` if there is none. */
  read(): TransferState | undefined
  /** Throws `REFUSED` if the file cannot be written. */
  write(state: TransferState): void
  remove(): void
}

/** Returns the state file of a transfer in a folder. `identity` tells one transfer from another: source, target and options. */
export function stateFile(folder: string, identity: readonly unknown[]): StateFile {
  const name = createHash('sha256')
    .update(writeJson(identity) ?? '')
    .digest('hex')
    .slice(0, 32)
  const path = join(folder, `${name}.json`)
  return {
    path,
    read: () => readState(path),
    write(state) {
      const { slices, base, next, done, delivered } = state
      const fields = { crbus_transfer: 1, slices, base: [...base], next: [...next], done: [...done], delivered }
      const text = JSON.stringify(fields, (_, value) => (typeof value === 'bigint' ? String(value) : value))
      try {
        writeWhole(path, text, { mode: 0o600, folderMode: 0o700 })
      } catch (error) {
        throw fileRefused('the state of the transfer', path, error, [
          advice('set XDG_STATE_HOME to a folder that can be written'),
        ])
      }
    },
    remove: () => rmSync(path, { force: true }),
  }
}

function readState(path: string): TransferState | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const parsed = parseJson(text)
  const state = parsed.ok ? toState(parsed.value) : undefined
  if (state === undefined) {
    throw new EventBusError(
      'REFUSED',
      `the state of the interrupted transfer, ${path}, cannot be read; nothing was done`,
      {
        hints: [advice('delete the file to transfer everything from the start')],
      },
    )
  }
  return state
}

function toState(value: unknown): TransferState | undefined {
  const { slices, base, next, done, delivered } = (value ?? {}) as Readonly<Record<string, unknown>>
  const [baseOf, nextOf, doneOf] = [toMap(base), toMap(next), toMap(done)]
  if (!Array.isArray(slices) || typeof delivered !== 'number') return undefined
  if (baseOf === undefined || nextOf === undefined || doneOf === undefined) return undefined
  try {
    const read = slices.map(({ topic, partition, from, to }) => {
      return { topic: String(topic), partition: Number(partition), from: BigInt(from), to: BigInt(to) }
    })
    return { slices: read, base: baseOf, next: nextOf, done: doneOf, delivered }
  } catch {
    return undefined
  }
}

function toMap(pairs: unknown): ReadonlyMap<string, bigint> | undefined {
  if (!Array.isArray(pairs)) return undefined
  const isPair = (pair: unknown): pair is readonly [string, string] =>
    Array.isArray(pair) && typeof pair[0] === 'string' && /^-?\d+$/.test(String(pair[1]))
  return pairs.every(isPair) ? new Map(pairs.map(([name, offset]) => [name, BigInt(offset)])) : undefined
}
