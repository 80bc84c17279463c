/** A file of an archive. */
export interface ArchivedFile {
  /** The path in the archive, with forward slashes. */
  readonly path: string
  readonly content: Uint8Array
  readonly isExecutable: boolean
}

/** A tar archive consists of blocks. Its end is two empty ones. */
const BLOCK_BYTES = 512

/** The field of a header for the path. */
const MAX_PATH_BYTES = 100

/** The time of every file in packages that npm makes (1985-10-26T08:15:00Z), so that equal files give equal archives. */
const MODIFIED_SECONDS = 499_162_500

/**
 * Makes a tar archive in the ustar format of POSIX. The result depends only on the files. Throws a `RangeError` for a path of more
 * than 100 bytes.
 */
export function packTar(files: readonly ArchivedFile[]): Buffer {
  const blocks = files.flatMap((file) => {
    const { content } = file
    return [headerOf(file), content, Buffer.alloc(-content.length & (BLOCK_BYTES - 1))]
  })
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK_BYTES)])
}

function headerOf({ path, content, isExecutable }: ArchivedFile): Buffer {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) throw new RangeError(`${path} is too long for a tar archive`)
  const header = Buffer.alloc(BLOCK_BYTES)
  const octal = (value: number, at: number, length: number) =>
    header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at)
  header.write(path, 0)
  octal(isExecutable ? 0o755 : 0o644, 100, 8)
  // User and group 0, as in packages that npm makes.
  octal(0, 108, 8)
  octal(0, 116, 8)
  octal(content.length, 124, 12)
  octal(MODIFIED_SECONDS, 136, 12)
  // The checksum counts its own field as spaces.
  header.fill(' ', 148, 156)
  header.write('0', 156)
  header.write('ustar\x0000', 257)
  const checksum = header.reduce((sum, byte) => sum + byte, 0)
  octal(checksum, 148, 7)
  return header
}
