import { constants, createReadStream, openSync, statSync } from 'node:fs'
import type { Readable } from 'node:stream'

/**
 * Opens a file, pipe or device to be read from its beginning. A pipe is waited for without a thread: opened as a file it
 * would block one until a process writes to it, and this process could not end before.
 */
export async function openInput(path: string): Promise<Readable & { readonly bytesRead: number }> {
  if (!statSync(path).isFIFO()) return createReadStream(path)
  const { Socket } = await import('node:net')
  return new Socket({ fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), readable: true, writable: false })
}
