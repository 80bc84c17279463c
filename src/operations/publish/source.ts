import { fstatSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { causeOf } from '../../files/cause.ts'
import { openInput } from '../../files/open-input.ts'
import { pathProblemAfterName } from '../named-file.ts'
import type { InputLine } from './lines.ts'

/** Returns the share of the input that was published, from 0 to 1; `undefined` if the total is unknown. */
export type Progress = (published: number) => number | undefined

/**
 * Renders `count` lines, `batchSize` at a time and only when they are taken, so that `{{now}}` is close to the time of sending.
 */
export async function* repeatedLines(
  render: (index: number) => string,
  count: number,
  batchSize: number,
): AsyncGenerator<readonly InputLine[]> {
  for (let next = 1; next <= count; next += batchSize) {
    const size = Math.min(batchSize, count - next + 1)
    yield Array.from({ length: size }, (_, index) => ({ number: next + index, text: render(next + index) }))
  }
}

export type OpenedFile =
  | { readonly ok: true; readonly chunks: AsyncIterable<Uint8Array | string>; readonly progress: Progress }
  | { readonly ok: false; readonly reason: string }

/** Reading the input failed, for example because of a disk error. Earlier lines may have been published. */
export class UnreadableInput extends Error {
  override readonly name = 'UnreadableInput'
}

/** Reads the chunks of a stream. Throws an {@link UnreadableInput} that names the input if reading fails. */
export async function* readChunks(stream: AsyncIterable<Uint8Array | string>, name: string) {
  try {
    yield* stream
  } catch (error) {
    throw new UnreadableInput(`cannot read ${name}: ${causeOf(error, name)}`, { cause: error })
  }
}

/** Returns a problem if stdin is a folder. A shell accepts `< folder`, and Node would read the folder as an empty file. */
export function stdinProblem(descriptor: number): string | undefined {
  return fstatSync(descriptor).isDirectory() ? 'it is a folder, not a file' : undefined
}

/** Opens a file, pipe or device. The progress of a file is the share of its bytes that were read. */
export async function openFile(path: string): Promise<OpenedFile> {
  const problem = pathProblemAfterName(path, 'stream')
  if (problem !== undefined) return { ok: false, reason: `cannot read ${path}: ${problem}` }
  const { size } = await stat(path)
  const stream = await openInput(path)
  // Pipes and devices report a size of 0.
  const progress = () => (size === 0 ? undefined : Math.min(1, stream.bytesRead / size))
  return { ok: true, chunks: readChunks(stream, path), progress }
}
