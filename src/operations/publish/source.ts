import { fstatSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { causeOf } from '../../files/cause.ts'
import { openInput } from '../../files/open-input.ts'
import { pathProblemBehindName } from '../named-file.ts'
import type { InputLine } from './lines.ts'

/** How much of a publishing is behind it: from 0 to 1; `undefined` when nobody knows the end. */
export type Progress = (published: number) => number | undefined

/** Lines made of a template, numbered from 1, each when it is asked for: `{{now}}` is when an event is on its way. */
export async function* repeatedLines(
  render: (index: number) => string,
  count: number,
  most: number,
): AsyncGenerator<readonly InputLine[]> {
  for (let next = 1; next <= count; next += most) {
    const size = Math.min(most, count - next + 1)
    yield Array.from({ length: size }, (_, index) => ({ number: next + index, text: render(next + index) }))
  }
}

export type OpenedFile =
  | { readonly ok: true; readonly chunks: AsyncIterable<Uint8Array | string>; readonly progress: Progress }
  | { readonly ok: false; readonly reason: string }

/** The input cannot be read any further, as where a disk fails. What was read before may have been sent. */
export class UnreadableInput extends Error {
  override readonly name = 'UnreadableInput'
}

/** The chunks of a stream, with an {@link UnreadableInput} that names the input for what the system refuses. */
export async function* readChunks(stream: AsyncIterable<Uint8Array | string>, name: string) {
  try {
    yield* stream
  } catch (error) {
    throw new UnreadableInput(`cannot read ${name}: ${causeOf(error, name)}`, { cause: error })
  }
}

/** Why nothing can be read from an open file: a shell opens a folder given after `<`, and Node reads it as an empty file. */
export function openFileProblem(descriptor: number): string | undefined {
  return fstatSync(descriptor).isDirectory() ? 'it is a folder, not a file' : undefined
}

/** A file or pipe in chunks, and how far it has been read. */
export async function openFile(path: string): Promise<OpenedFile> {
  const problem = pathProblemBehindName(path, 'stream')
  if (problem !== undefined) return { ok: false, reason: `cannot read ${path}: ${problem}` }
  const { size } = await stat(path)
  const stream = await openInput(path)
  // A pipe or a device says it is empty.
  const progress = () => (size === 0 ? undefined : Math.min(1, stream.bytesRead / size))
  return { ok: true, chunks: readChunks(stream, path), progress }
}
