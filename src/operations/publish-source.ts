import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pathProblemBehindName } from './named-file.ts'
import type { InputLine } from './publish-lines.ts'

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
  | { readonly ok: true; readonly chunks: AsyncIterable<Uint8Array>; readonly progress: Progress }
  | { readonly ok: false; readonly reason: string }

/** A file or pipe in chunks, and how far it has been read. */
export async function openFile(path: string): Promise<OpenedFile> {
  const problem = pathProblemBehindName(path, 'stream')
  if (problem !== undefined) return { ok: false, reason: `cannot read ${path}: ${problem}` }
  const { size } = await stat(path)
  const stream = createReadStream(path)
  // A pipe or a device says it is empty.
  return { ok: true, chunks: stream, progress: () => (size === 0 ? undefined : Math.min(1, stream.bytesRead / size)) }
}
