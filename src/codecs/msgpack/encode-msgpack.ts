import { ByteWriter, type ExactValue, Float } from '../cbor/exact-value.ts'

/** Encodes a value as MessagePack, with the shortest form of every integer and length, as rmp_serde does. */
export function encodeMsgpack(value: ExactValue): Uint8Array {
  const writer = new ByteWriter()
  write(writer, value)
  return writer.written
}

function write(to: ByteWriter, value: ExactValue): void {
  if (value === null) to.u8(0xc0)
  else if (typeof value === 'boolean') to.u8(value ? 0xc3 : 0xc2)
  else if (typeof value === 'number' || typeof value === 'bigint') writeInteger(to, BigInt(value))
  else if (typeof value === 'string') writeText(to, Buffer.from(value))
  else if (value instanceof Float) writeFloat(to, value)
  else if (value instanceof Uint8Array) writeBinary(to, value)
  else if (value instanceof Map) {
    writeCount(to, value.size, 0x80, 0xde)
    for (const [key, item] of value) {
      write(to, key)
      write(to, item)
    }
  } else {
    const items = value as readonly ExactValue[]
    writeCount(to, items.length, 0x90, 0xdc)
    for (const item of items) write(to, item)
  }
}

/** Writes the number of items of a map or an array: in the low bits of `short`, or behind `long` in 16 bits, or 32 behind the next byte. */
function writeCount(to: ByteWriter, count: number, short: number, long: number): void {
  if (count < 16) to.u8(short | count)
  else if (count < 0x1_0000) {
    to.u8(long)
    to.u16(count)
  } else {
    to.u8(long + 1)
    to.u32(count)
  }
}

function writeInteger(to: ByteWriter, value: bigint): void {
  if (value >= -32n && value < 128n) to.u8(Number(value) & 0xff)
  else if (value >= 0n) writeUnsigned(to, value)
  else if (value >= -0x80n) {
    to.u8(0xd0)
    to.u8(Number(value) & 0xff)
  } else if (value >= -0x8000n) {
    to.u8(0xd1)
    to.u16(Number(value) & 0xffff)
  } else if (value >= -0x8000_0000n) {
    to.u8(0xd2)
    to.u32(Number(value) >>> 0)
  } else if (value >= -0x8000_0000_0000_0000n) {
    to.u8(0xd3)
    to.u64(value)
  } else writeWide(to, value)
}

function writeUnsigned(to: ByteWriter, value: bigint): void {
  if (value < 0x100n) {
    to.u8(0xcc)
    to.u8(Number(value))
  } else if (value < 0x1_0000n) {
    to.u8(0xcd)
    to.u16(Number(value))
  } else if (value < 0x1_0000_0000n) {
    to.u8(0xce)
    to.u32(Number(value))
  } else if (value < 1n << 64n) {
    to.u8(0xcf)
    to.u64(value)
  } else writeWide(to, value)
}

/** MessagePack has no integer of more than 64 bits. rmp_serde writes one as 16 bytes of binary. */
function writeWide(to: ByteWriter, value: bigint): void {
  to.u8(0xc4)
  to.u8(16)
  to.u64(value >> 64n)
  to.u64(value)
}

function writeFloat(to: ByteWriter, { value, isSingle }: Float): void {
  to.u8(isSingle ? 0xca : 0xcb)
  if (isSingle) to.f32(value)
  else to.f64(value)
}

function writeText(to: ByteWriter, bytes: Uint8Array): void {
  if (bytes.length < 32) to.u8(0xa0 | bytes.length)
  else writeLength(to, bytes.length, 0xd9)
  to.all(bytes)
}

function writeBinary(to: ByteWriter, bytes: Uint8Array): void {
  writeLength(to, bytes.length, 0xc4)
  to.all(bytes)
}

/** Writes a length in 8 bits behind the byte `first`, in 16 behind the next one, or in 32. */
function writeLength(to: ByteWriter, length: number, first: number): void {
  if (length < 0x100) {
    to.u8(first)
    to.u8(length)
  } else if (length < 0x1_0000) {
    to.u8(first + 1)
    to.u16(length)
  } else {
    to.u8(first + 2)
    to.u32(length)
  }
}
