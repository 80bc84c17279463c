import { expect, test } from 'vitest'
import { formatBytes } from '../../../src/ui/text/format-bytes.ts'

test.each([
  [0, '0 bytes'],
  [1, '1 byte'],
  [1023, '1023 bytes'],
  [1024, '1.0 KiB'],
  [1024 ** 2 - 1, '1.0 MiB'],
  [100 * 1024 ** 2, '100.0 MiB'],
  [1.5 * 1024 ** 3, '1.5 GiB'],
  [2048 * 1024 ** 4, '2048.0 TiB'],
])('formats %d bytes as %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text)
})
