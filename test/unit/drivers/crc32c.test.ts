import { expect, test } from 'vitest'
import { crc32c, crc32cByTables } from '../../../src/drivers/kafka/records/crc32c.ts'

// RFC 3720, B.4.
test.each([
  ['32 zeros', Buffer.alloc(32), 0x8a9136aa],
  ['32 bytes of ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
  ['0 to 31', Buffer.from(Array.from({ length: 32 }, (_, at) => at)), 0x46dd794e],
  ['123456789', Buffer.from('123456789'), 0xe3069283],
  ['nothing', Buffer.alloc(0), 0],
])(
  'computes the checksum of %s as RFC 3720 has it, by tables and, after some megabytes, natively',
  async (_, bytes, expected) => {
    expect([crc32c(bytes), crc32cByTables(bytes)]).toEqual([expected, expected])
    const large = Buffer.alloc(5 * 1024 * 1024, 'an event')

    expect([crc32c(large), crc32c(large)]).toEqual([crc32cByTables(large), crc32cByTables(large)])
    // Loading began with the third megabyte, so it ends before this import.
    await import('@node-rs/crc32')

    expect([crc32c(large), crc32c(bytes)]).toEqual([crc32cByTables(large), expected])
  },
)

test('computes by tables the same checksum as natively, for every alignment and many lengths', async () => {
  const { crc32c: native } = await import('@node-rs/crc32')
  const bytes = Buffer.from(Array.from({ length: 5000 }, (_, at) => (at * 7919) >> 3))
  for (let start = 0; start < 9; start += 1) {
    for (const length of [0, 1, 7, 8, 9, 1023, 1024, 1025, 1026, 1027, 1039, 1040, 4095, 4096]) {
      const part = bytes.subarray(start, start + length)
      expect(crc32cByTables(bytes, start, start + length)).toBe(native(part))
      expect(crc32cByTables(part)).toBe(native(part))
    }
  }
})
