import type { Readable, Writable } from 'node:stream'
import { harmless } from './printable.ts'

/** The terminal, or what stands in for it: a test passes buffers. */
export interface Io {
  readonly stdin: Readable & {
    readonly isTTY?: boolean | undefined
    /** The file descriptor, where it has one. */
    readonly fd?: number | undefined
  }
  readonly stdout: Writable & {
    readonly isTTY?: boolean | undefined
    readonly columns?: number | undefined
    readonly rows?: number | undefined
  }
  readonly stderr: Writable & { readonly isTTY?: boolean | undefined; readonly columns?: number | undefined }
  /** Whether stdout takes colours. */
  readonly color: boolean
  /** Whether stdout is a terminal that writes where it is told to, so that a screen can be shown. */
  readonly screen: boolean
}

/** How a text is written. */
interface Style {
  /** Colors in the text are ours and stay. Default: false. */
  readonly color?: boolean
}

/**
 * Writes and, when the reader is slower than we are, waits for it: memory stays flat under any reader.
 * Ends early when the signal aborts (Ctrl-C, or the reader has left).
 *
 * Every text for people or documents goes through here and is made {@link harmless}. Bytes are written as they are: they
 * are made of harmless parts already, or the user asked for them.
 */
export async function write(
  stream: Writable,
  output: string | Uint8Array,
  signal: AbortSignal,
  { color = false }: Style = {},
): Promise<void> {
  if (signal.aborted || stream.destroyed) return
  if (stream.write(typeof output === 'string' ? harmless(output, color) : output)) return
  await new Promise<void>((resolve) => {
    const done = () => {
      stream.off('drain', done)
      stream.off('close', done)
      signal.removeEventListener('abort', done)
      resolve()
    }
    stream.once('drain', done)
    stream.once('close', done)
    signal.addEventListener('abort', done, { once: true })
  })
}

/** Characters that are worth a write of their own. */
const ENOUGH = 64 * 1024

/** Writes what comes in parts, small ones together. */
export async function writeParts(
  stream: Writable,
  parts: Iterable<string>,
  signal: AbortSignal,
  style?: Style,
): Promise<void> {
  let text = ''
  for (const part of parts) {
    text += part
    if (text.length < ENOUGH) continue
    await write(stream, text, signal, style)
    if (signal.aborted) return
    text = ''
  }
  if (text !== '') await write(stream, text, signal, style)
}
