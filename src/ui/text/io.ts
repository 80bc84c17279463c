import type { Readable, Writable } from 'node:stream'
import { escapeUnsafe } from './printable.ts'

/** The streams of a command: those of the process, or buffers in tests. */
export interface Io {
  readonly stdin: Readable & {
    readonly isTTY?: boolean | undefined
    /** The file descriptor, if there is one. */
    readonly fd?: number | undefined
  }
  readonly stdout: Writable & {
    readonly isTTY?: boolean | undefined
    readonly columns?: number | undefined
    readonly rows?: number | undefined
  }
  readonly stderr: Writable & { readonly isTTY?: boolean | undefined; readonly columns?: number | undefined }
  /** Whether stdout supports colors. */
  readonly color: boolean
  /** Whether stdout is a terminal that can position its cursor, as a live screen needs. */
  readonly screen: boolean
}

/** Options for writing text. */
interface Style {
  /** Keeps colors in the text. Default: false. */
  readonly color?: boolean
}

/**
 * Writes output and waits for a slow reader, so that memory use stays constant. Returns early if the signal aborts: on Ctrl-C, or
 * because the reader has closed the pipe.
 *
 * All text output goes through this function, which makes it safe for terminals ({@link escapeUnsafe}). Bytes are written
 * unchanged: the caller has escaped them, or the user requested raw bytes.
 */
export async function write(
  stream: Writable,
  output: string | Uint8Array,
  signal: AbortSignal,
  { color = false }: Style = {},
): Promise<void> {
  if (signal.aborted || stream.destroyed) return
  if (stream.write(typeof output === 'string' ? escapeUnsafe(output, color) : output)) return
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

/** Characters to collect before a write. */
const WRITE_CHARS = 64 * 1024

/** Writes the parts of a text in order. Combines small parts, so that there are fewer writes. */
export async function writeParts(
  stream: Writable,
  parts: Iterable<string>,
  signal: AbortSignal,
  style?: Style,
): Promise<void> {
  let text = ''
  for (const part of parts) {
    text += part
    if (text.length < WRITE_CHARS) continue
    await write(stream, text, signal, style)
    if (signal.aborted) return
    text = ''
  }
  if (text !== '') await write(stream, text, signal, style)
}
