import { type FileHandle, open } from 'node:fs/promises'
import { extname } from 'node:path'
import type { Writable } from 'node:stream'
import { fileRefused } from '../../../files/file-refused.ts'
import type { ExportOutput } from './sink.ts'

/** Returns the path of a file of a split export: `orders.crbus`, `orders.2.crbus`. */
export function partPath(path: string, part: number): string {
  const extension = extname(path)
  return part === 1 ? path : `${path.slice(0, path.length - extension.length)}.${part}${extension}`
}

interface FileOptions {
  readonly limit?: number | undefined
  /** The number of the file, from 1. */
  readonly part: number
  /** Keeps this many bytes of an existing file and appends to them. Default: the file is new. */
  readonly keep?: number | undefined
  /** Replaces an existing file. */
  readonly force?: boolean | undefined
}

/** Opens a file to write an export to. Throws `REFUSED` if the file system refuses, also for a write. */
export async function openOutput(path: string, { limit, part, keep, force }: FileOptions): Promise<ExportOutput> {
  const own = partPath(path, part)
  const refusing = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw fileRefused('the export', own, error, [])
    }
  }
  const file = await refusing(async () => {
    const opened: FileHandle = await open(own, keep !== undefined ? 'r+' : force ? 'w' : 'wx')
    if (keep !== undefined) await opened.truncate(keep)
    return opened
  })
  let at = keep ?? 0
  return {
    limit,
    async write(parts) {
      const buffers = [...parts]
      await refusing(async () => {
        while (buffers.length > 0) {
          let { bytesWritten } = await file.writev(buffers, at)
          at += bytesWritten
          // A disk that becomes full writes a part.
          while (buffers[0] !== undefined && bytesWritten >= buffers[0].length)
            bytesWritten -= buffers.shift()?.length ?? 0
          if (buffers[0] !== undefined) buffers[0] = buffers[0].subarray(bytesWritten)
        }
      })
    },
    async close() {
      await refusing(() => file.sync())
      await file.close()
    },
    next: (number) => openOutput(path, { limit, part: number, force }),
  }
}

/** Writes an export to stdout. */
export function streamOutput(stream: Writable, write: (bytes: Uint8Array) => Promise<void>): ExportOutput {
  const output: ExportOutput = {
    async write(parts) {
      for (const part of parts) if (!stream.destroyed) await write(part)
    },
    close: async () => {},
    next: async () => output,
  }
  return output
}
