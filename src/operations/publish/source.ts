import { fstatSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { causeOf } from '../../files/cause.ts'
import { openInput } from '../../files/open-input.ts'
import { pathProblemBehindName } from '../named-file.ts'
import type { InputLine } from './lines.ts'

/** The share of the input that was published, from 0 to 1; `undefined` when the total is unknown. */
export type Progress = (published: number) => number | undefined

/** Renders lines from a template, numbered from 1. Rendering is lazy, so that `{{now}}` is the time of sending. */
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

/** Reading the input failed, for example because of a disk error. The input before may have been sent. */
export class UnreadableInput extends Error {
  override readonly name = 'UnreadableInput'
}

/** Reads the chunks of a stream. Converts system errors to an {@link UnreadableInput} that names the input. */
export async function* readChunks(stream: AsyncIterable<Uint8Array | string>, name: string) {
  try {
    yield* stream
  } catch (error) {
    throw new UnreadableInput(`cannot read ${name}: ${causeOf(error, name)}`, { cause: error })
  }
}

/** Detects an open folder, which cannot be read: a shell opens a folder given after `<`, and Node reads it as an empty file. */
export function openFileProblem(descriptor: number): string | undefined {
  return fstatSync(descriptor).isDirectory() ? 'it is a folder, not a file' : undefined
}

/** Opens a file or pipe, with its progress. */
export async function openFile(path: string): Promise<OpenedFile> {
  const problem = pathProblemBehindName(path, 'stream')
  if (problem !== undefined) return { ok: false, reason: `cannot read ${path}: ${problem}` }
  const { size } = await stat(path)
  const stream = await openInput(path)
  // Pipes and devices report a size of 0.
  const progress = () => (size === 0 ? undefined : Math.min(1, stream.bytesRead / size))
  return { ok: true, chunks: readChunks(stream, path), progress }
}
