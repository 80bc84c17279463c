import { constants, createReadStream, openSync, statSync } from 'node:fs'
import type { Readable } from 'node:stream'

/**
 * Opens a file, pipe or device for reading from its beginning. Opens a pipe without blocking: opened like a file, it would block
 * a thread until another process writes to it, and this process could not exit before.
 */
export async function openInput(path: string): Promise<Readable & { readonly bytesRead: number }> {
  if (!statSync(path).isFIFO()) return createReadStream(path)
  const { Socket } = await import('node:net')
  return new Socket({ fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), readable: true, writable: false })
}
