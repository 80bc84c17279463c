const BYTES_IN_LINE = 16
/** The most bytes that a dump shows, so that a large payload does not hide the other records. */
const MAX_BYTES = 1024

/** Shows bytes in hex, sixteen in a line, with their characters. The last line has the number of bytes that are left out. */
export function dumpBytes(bytes: Uint8Array): readonly string[] {
  const lines: string[] = []
  for (let at = 0; at < Math.min(bytes.length, MAX_BYTES); at += BYTES_IN_LINE) {
    const part = Buffer.from(bytes.subarray(at, at + BYTES_IN_LINE))
    const hex = (part.toString('hex').match(/../g) ?? []).join(' ')
    const text = part.toString('latin1').replace(/[^ -~]/g, '.')
    lines.push(`${at.toString(16).padStart(8, '0')}  ${hex.padEnd(BYTES_IN_LINE * 3)} ${text}`)
  }
  const left = bytes.length - MAX_BYTES
  return left > 0 ? [...lines, `and ${left} more bytes`] : lines
}
