import { promisify } from 'node:util'
import { constants, zstdCompress } from 'node:zlib'
import { EventBusError } from '../../../bus/errors.ts'
import { type ExportEnd, type ExportHeader, encodeDocument } from './export-header.ts'
import { encodeFrame, type FrameType, MAGIC, MAX_PAYLOAD_BYTES, VERSION } from './frame.ts'

const compress = promisify(zstdCompress)
/** Level 3 is the default of zstd. Higher levels are several times slower for a few percent. */
const OPTIONS = { params: { [constants.ZSTD_c_compressionLevel]: 3 } }
/** Frames that are compressed at the same time, on Node's threads. */
const MAX_COMPRESSING = 4

/** Writes bytes at the end of a file or a pipe. */
export type Sink = (parts: readonly Uint8Array[]) => Promise<void>

/** Writes the frames of an export in order. While frames are compressed and written, the caller encodes the next ones. */
export class FrameWriter {
  readonly #sink: Sink
  #number: number
  #written: number
  readonly #compressing: { readonly payload: Promise<Buffer>; readonly raw: number }[] = []

  /** Appends to a file that has `number` frames in `written` bytes. */
  constructor(sink: Sink, { number, written }: { readonly number: number; readonly written: number }) {
    this.#sink = sink
    this.#number = number
    this.#written = written
  }

  /** The bytes of the file, without those that are still being compressed. */
  get written(): number {
    return this.#written
  }

  async header(header: ExportHeader): Promise<void> {
    if (this.#written === 0) await this.#put([MAGIC, Buffer.from([VERSION])])
    const payload = encodeDocument(header)
    await this.#frame('header', payload, payload.length)
  }

  /** Adds a frame of records. Waits if too many frames are being compressed. */
  async records(payload: Buffer): Promise<void> {
    if (payload.length > MAX_PAYLOAD_BYTES) {
      // Frames hold few records beyond a megabyte, so this is one huge record.
      throw new EventBusError(
        'REFUSED',
        `a record is larger than ${MAX_PAYLOAD_BYTES} bytes, which a frame cannot hold`,
      )
    }
    const compressed = compress(payload, OPTIONS)
    // The error is thrown where the frame is written.
    compressed.catch(() => {})
    this.#compressing.push({ payload: compressed, raw: payload.length })
    if (this.#compressing.length >= MAX_COMPRESSING) await this.#writeNext()
  }

  /** Writes the frames that are being compressed. */
  async flush(): Promise<void> {
    while (this.#compressing.length > 0) await this.#writeNext()
  }

  async end(end: ExportEnd): Promise<void> {
    await this.flush()
    const payload = encodeDocument(end)
    await this.#frame('end', payload, payload.length)
  }

  async #writeNext(): Promise<void> {
    const next = this.#compressing.shift()
    if (next !== undefined) await this.#frame('records', await next.payload, next.raw)
  }

  async #frame(type: FrameType, payload: Uint8Array, raw: number): Promise<void> {
    await this.#put(encodeFrame(type, this.#number, payload, raw))
    this.#number += 1
  }

  async #put(parts: readonly Uint8Array[]): Promise<void> {
    await this.#sink(parts)
    this.#written += parts.reduce((sum, { length }) => sum + length, 0)
  }
}
