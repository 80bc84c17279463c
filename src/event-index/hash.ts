/** The bytes of a SHA-256 that {@link hashOfDigest} reads. */
const BYTES = 4

/**
 * Hashes bytes to 32 bits, without zero, which stands for an absent value. Two texts may have the same hash, so a caller compares
 * the text of each record that it finds. The seed differs between index files, so ids that share a hash cannot be chosen in advance.
 */
export function hashBytes(bytes: Uint8Array, start: number, end: number, seed: number): number {
  // FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/), then the finalizer of MurmurHash3, which spreads short ids.
  let hash = (0x811c9dc5 ^ seed) | 0
  for (let index = start; index < end; index += 1) hash = Math.imul(hash ^ (bytes[index] as number), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0 || 1
}

/** Hashes a text as its UTF-8 bytes. */
export function hashText(text: string, seed: number): number {
  const bytes = Buffer.from(text)
  return hashBytes(bytes, 0, bytes.length, seed)
}

const MESSAGE_ID_CHARS = 22
const NUMBER_SIGN = 0x23

/**
 * Returns where the part of a causation id ends that is hashed: a message id without the `#2` that the runtime appends for the second
 * of several equal messages, so that one search finds all effects of a message. Other causation ids are hashed completely.
 */
export const causationEnd = (bytes: Uint8Array, start: number, end: number): number =>
  end - start > MESSAGE_ID_CHARS && bytes[start + MESSAGE_ID_CHARS] === NUMBER_SIGN ? start + MESSAGE_ID_CHARS : end

/** Hashes a causation id; see {@link causationEnd}. */
export function hashCausation(text: string, seed: number): number {
  const bytes = Buffer.from(text)
  return hashBytes(bytes, 0, causationEnd(bytes, 0, bytes.length), seed)
}

/** Returns the first 32 bits of a digest as a hash, which is random enough. */
export const hashOfDigest = (digest: Buffer): number => digest.readUInt32LE(0) || 1

/** Matches a message id, and the `#2` with which the runtime marks the second of several equal messages. */
const MESSAGE_ID = /^(?<id>[A-Za-z0-9_-]{22})(?:#\d+)?$/

/** Returns the hash of a message id; `undefined` for a text that is not a message id, as a causation id may be. */
export function hashOfMessageId(text: string): number | undefined {
  const id = MESSAGE_ID.exec(text)?.groups?.id
  const digest = id === undefined ? undefined : Buffer.from(id, 'base64url')
  return digest === undefined || digest.length < BYTES ? undefined : hashOfDigest(digest)
}
