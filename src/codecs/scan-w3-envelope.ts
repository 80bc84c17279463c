/**
 * The byte offsets of the parts of a W3 envelope (`bincode-w3` of `EnvelopeFormat`), for a caller that copies the parts without
 * decoding them. `scan` allocates nothing, and one object serves for any number of envelopes.
 */
export class W3Spans {
  typeStart = 0
  typeEnd = 0
  version = 0
  dataStart = 0
  dataEnd = 0
  hasMetadata = false
  /** For `correlation_id`, `causation_id`, `user_id` and `timestamp`, in this order. A start of 0 means an absent field. */
  readonly starts = new Int32Array(4)
  readonly ends = new Int32Array(4)

  /**
   * Finds the parts. Returns false when the bytes are not a W3 envelope, or may also be an envelope of another layout, which
   * only `decodeEnvelope` can decide. Does not check that strings are UTF-8.
   */
  scan(bytes: Buffer): boolean {
    const size = bytes.length
    let end = spanEnd(bytes, 0)
    if (end < 0 || end + 4 > size) return false
    this.typeStart = 8
    this.typeEnd = end
    this.version = bytes.readInt32LE(end)
    this.dataStart = end + 12
    end = spanEnd(bytes, end + 4)
    if (end < 0 || end + 1 > size) return false
    // May be a W2 envelope; see `mayBeW2` in `envelope.ts`.
    if (end === this.dataStart && this.version >= 4) return false
    this.dataEnd = end
    const metadataTag = bytes[end++] as number
    if (metadataTag > 1) return false
    this.hasMetadata = metadataTag === 1
    if (!this.hasMetadata) return end === size
    for (let field = 0; field < 4; field += 1) {
      const tag = bytes[end++]
      this.starts[field] = 0
      if (tag === 0) continue
      if (tag !== 1) return false
      this.starts[field] = end + 8
      end = spanEnd(bytes, end)
      if (end < 0) return false
      this.ends[field] = end
    }
    return end === size
  }

  /** Whether the metadata that `scan` found are ASCII. Others may not be UTF-8; then the bytes are not an envelope. */
  hasAsciiMetadata(bytes: Buffer): boolean {
    if (!this.hasMetadata) return true
    for (let field = 0; field < 4; field += 1) {
      if (this.starts[field] === 0) continue
      const end = this.ends[field] as number
      for (let index = this.starts[field] as number; index < end; index += 1)
        if ((bytes[index] as number) > 0x7f) return false
    }
    return true
  }
}

/** Returns the end of a byte string whose u64 length is at offset `at`; -1 when it exceeds the buffer. */
function spanEnd(bytes: Buffer, at: number): number {
  if (at + 8 > bytes.length || bytes.readUInt32LE(at + 4) !== 0) return -1
  const end = at + 8 + bytes.readUInt32LE(at)
  return end <= bytes.length ? end : -1
}
