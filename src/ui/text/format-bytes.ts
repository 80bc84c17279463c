const units = ['KiB', 'MiB', 'GiB', 'TiB'] as const

/** Formats a number of bytes in the largest unit that is not above it: `0 bytes`, `512 bytes`, `4.0 KiB`, `1.5 GiB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return bytes === 1 ? '1 byte' : `${bytes} bytes`
  let value = bytes / 1024
  let at = 0
  // By the rounded value, so that no unit shows 1024.0.
  while (at < units.length - 1 && Number(value.toFixed(1)) >= 1024) {
    value /= 1024
    at += 1
  }
  return `${value.toFixed(1)} ${units[at]}`
}
