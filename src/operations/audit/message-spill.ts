import { randomUUID } from 'node:crypto'
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { advice } from '../../bus/hints.ts'
import { fileRefused } from '../../files/file-refused.ts'

/**
 * The number of parts in which messages are compared. Ten million stored and as many published events are 80,000 messages in each
 * part, which fit into memory.
 */
export const BUCKETS = 256
/** What a bucket keeps in memory before it is written to its file: 8 MB for all buckets. */
const BUFFER_BYTES = 32 * 1024
/** Bytes of the length before each entry. */
const LENGTH_BYTES = 4

/**
 * Entries in buckets, for a comparison in bounded memory. A bucket with more than 32 KB is kept in a temporary file, which is readable
 * for its user only and removed by `dispose`. A full disk or an unwritable folder is a `REFUSED` error.
 */
export class MessageSpill {
  readonly #folder: string
  readonly #buckets: (Bucket | undefined)[] = new Array(BUCKETS)

  /** `folder` is where temporary files are created. */
  constructor(folder: string) {
    this.#folder = folder
  }

  /** Adds an entry of `size` bytes to a bucket, which `write` writes into the buffer at the offset `at`. */
  add(bucket: number, size: number, write: (buffer: Buffer, at: number) => void): void {
    let own = this.#buckets[bucket]
    if (own === undefined) {
      own = { buffer: Buffer.allocUnsafe(BUFFER_BYTES), used: 0, file: undefined }
      this.#buckets[bucket] = own
    }
    const needed = LENGTH_BYTES + size
    if (own.used + needed > own.buffer.length) this.#flush(own, needed)
    own.buffer.writeUInt32LE(size, own.used)
    write(own.buffer, own.used + LENGTH_BYTES)
    own.used += needed
  }

  /** Returns the entries of a bucket, in the order in which they were added. */
  entries(bucket: number): Buffer[] {
    const own = this.#buckets[bucket]
    if (own === undefined) return []
    const entries: Buffer[] = []
    const bytes = Buffer.concat([this.#written(own), own.buffer.subarray(0, own.used)])
    for (let at = 0; at < bytes.length; ) {
      const start = at + LENGTH_BYTES
      at = start + bytes.readUInt32LE(at)
      entries.push(bytes.subarray(start, at))
    }
    return entries
  }

  /** Frees the memory and the file of a bucket. */
  release(bucket: number): void {
    const own = this.#buckets[bucket]
    this.#buckets[bucket] = undefined
    if (own?.file === undefined) return
    closeSync(own.file.descriptor)
    rmSync(own.file.path, { force: true })
  }

  [Symbol.dispose](): void {
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) this.release(bucket)
  }

  #flush(own: Bucket, needed: number): void {
    const path = own.file?.path ?? join(this.#folder, `crbus-audit-${randomUUID()}.part`)
    try {
      own.file ??= { path, descriptor: openSync(path, 'wx+', 0o600), size: 0 }
      for (let at = 0; at < own.used; ) {
        const written = writeSync(own.file.descriptor, own.buffer, at, own.used - at, own.file.size)
        at += written
        own.file.size += written
      }
    } catch (error) {
      throw fileRefused('temporary file', path, error, [
        advice('set TMPDIR to a folder with more space'),
        advice('compare a shorter time'),
      ])
    }
    own.used = 0
    // An entry may be larger than the buffer if the id of its stream is long.
    if (needed > own.buffer.length) own.buffer = Buffer.allocUnsafe(needed)
  }

  #written({ file }: Bucket): Buffer {
    if (file === undefined) return Buffer.alloc(0)
    const bytes = Buffer.allocUnsafe(file.size)
    for (let at = 0; at < file.size; ) {
      const count = readSync(file.descriptor, bytes, at, file.size - at, at)
      if (count === 0) throw new Error(`${file.path} is shorter than what was written to it`)
      at += count
    }
    return bytes
  }
}

interface Bucket {
  buffer: Buffer
  /** The bytes of the buffer that hold entries. */
  used: number
  file: { readonly path: string; readonly descriptor: number; size: number } | undefined
}
