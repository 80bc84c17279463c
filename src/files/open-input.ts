import { constants, createReadStream, openSync, statSync } from 'node:fs'
import type { Readable } from 'node:stream'

/**
 * Opens a file, pipe or device for reading from its beginning. A pipe is opened without blocking: `createReadStream` would block
 * a thread until another process opens the pipe for writing, and this process could not exit before.
 */
export async function openInput(path: string): Promise<Readable & { readonly bytesRead: number }> {
  if (!statSync(path).isFIFO()) return createReadStream(path)
  const { Socket } = await import('node:net')
  return new Socket({ fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), readable: true, writable: false })
}
