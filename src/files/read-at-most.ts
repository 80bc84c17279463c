import { closeSync, openSync, readSync } from 'node:fs'

/** Reads at most `size` bytes of a file. Does not trust the size that the file system reports: in /proc, it is 0. */
export function readAtMost(path: string, size: number): Buffer {
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.allocUnsafe(size)
    let length = 0
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(file, bytes, length, bytes.length - length, null)
    }
    return bytes.subarray(0, length)
  } finally {
    closeSync(file)
  }
}
