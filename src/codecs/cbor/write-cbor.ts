import { ByteWriter, type ExactValue, Float } from './exact-value.ts'

/** Encodes a value as CBOR, with the shortest form of every integer, length and float, as ciborium does. */
export function writeCbor(value: ExactValue): Uint8Array {
  const writer = new ByteWriter()
  write(writer, value)
  return writer.written
}

function write(to: ByteWriter, value: ExactValue): void {
  if (value === null) to.u8(0xf6)
  else if (typeof value === 'boolean') to.u8(value ? 0xf5 : 0xf4)
  else if (typeof value === 'number' || typeof value === 'bigint') writeInteger(to, BigInt(value))
  else if (typeof value === 'string') writeBytes(to, 3, Buffer.from(value))
  else if (value instanceof Float) writeFloat(to, value.value)
  else if (value instanceof Uint8Array) writeBytes(to, 2, value)
  else if (value instanceof Map) {
    writeHead(to, 5, BigInt(value.size))
    for (const [key, item] of value) {
      write(to, key)
      write(to, item)
    }
  } else {
    const items = value as readonly ExactValue[]
    writeHead(to, 4, BigInt(items.length))
    for (const item of items) write(to, item)
  }
}

/** Writes the major type and its argument: a length or an integer. */
function writeHead(to: ByteWriter, major: number, argument: bigint): void {
  const first = major << 5
  if (argument < 24n) to.u8(first | Number(argument))
  else if (argument < 0x100n) {
    to.u8(first | 24)
    to.u8(Number(argument))
  } else if (argument < 0x1_0000n) {
    to.u8(first | 25)
    to.u16(Number(argument))
  } else if (argument < 0x1_0000_0000n) {
    to.u8(first | 26)
    to.u32(Number(argument))
  } else {
    to.u8(first | 27)
    to.u64(argument)
  }
}

function writeInteger(to: ByteWriter, value: bigint): void {
  const argument = value < 0n ? -1n - value : value
  if (argument < 1n << 64n) writeHead(to, value < 0n ? 1 : 0, argument)
  else {
    // A bignum: the tag 2 or 3, and the bytes of the absolute value.
    to.u8(value < 0n ? 0xc3 : 0xc2)
    const digits = argument.toString(16)
    writeBytes(to, 2, Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex'))
  }
}

function writeBytes(to: ByteWriter, major: number, bytes: Uint8Array): void {
  writeHead(to, major, BigInt(bytes.length))
  to.all(bytes)
}

function writeFloat(to: ByteWriter, value: number): void {
  const half = halfOf(value)
  if (half !== undefined) {
    to.u8(0xf9)
    to.u16(half)
  } else if (Object.is(Math.fround(value), value)) {
    to.u8(0xfa)
    to.f32(value)
  } else {
    to.u8(0xfb)
    to.f64(value)
  }
}

/** Returns the 16 bits of a float that has them exactly (https://en.wikipedia.org/wiki/Half-precision_floating-point_format). */
function halfOf(value: number): number | undefined {
  if (Number.isNaN(value)) return 0x7e00
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const size = Math.abs(value)
  if (size === Number.POSITIVE_INFINITY) return sign | 0x7c00
  if (size > 65504) return undefined
  // Below the least normal half, the exponent stays the same.
  const exponent = Math.max(Math.floor(Math.log2(size)), -14)
  const fraction = size / 2 ** (exponent - 10)
  if (size === 0) return sign
  if (!Number.isInteger(fraction)) return undefined
  return sign | (fraction < 1024 ? fraction : ((exponent + 15) << 10) | (fraction - 1024))
}
