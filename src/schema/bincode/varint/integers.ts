import { copy, failTransfer, reserve, type Transfer } from './transfer.ts'

/** Transfers one integer of `size` bytes, and returns its value if it is a length or the number of a variant. */
export type TransferInteger = (transfer: Transfer, size: number, isSigned: boolean) => number

/** The first byte of an integer that does not fit in it, by the number of bytes that follow: bincode 2, `varint`. */
const markers: ReadonlyMap<number, number> = new Map([
  [2, 251],
  [4, 252],
  [8, 253],
  [16, 254],
])
const sizeOfMarker: ReadonlyMap<number, number> = new Map([...markers].map(([size, marker]) => [marker, size]))
const LARGEST_IN_ONE_BYTE = 250n

/** Reads an integer of variable size and writes it with a fixed one. */
export const widen: TransferInteger = (transfer, size, isSigned) => {
  const { input, position } = transfer
  transfer.places?.push([transfer.length, position])
  const first = input[position]
  if (first === undefined) {
    failTransfer(transfer)
    return 0
  }
  const width = first <= Number(LARGEST_IN_ONE_BYTE) ? 0 : sizeOfMarker.get(first)
  if (width === undefined || width > size) {
    failTransfer(transfer, `byte ${first} does not begin an integer of ${size * 8} bits`)
    return 0
  }
  if (input.length - position - 1 < width) {
    failTransfer(transfer, `expected ${width} bytes of an integer, ${input.length - position - 1} left`)
    return 0
  }
  const raw = width === 0 ? BigInt(first) : littleEndian(input, position + 1, width)
  transfer.position = position + 1 + width
  const value = isSigned ? (raw & 1n ? -(raw >> 1n) - 1n : raw >> 1n) : raw
  write(transfer, value, size)
  return Number(value)
}

/** Reads an integer of a fixed size and writes it with as few bytes as bincode does. */
export const narrow: TransferInteger = (transfer, size, isSigned) => {
  const { input, position } = transfer
  if (input.length - position < size) {
    copy(transfer, size)
    return 0
  }
  const bits = size * 8
  const unsigned = littleEndian(input, position, size)
  transfer.position = position + size
  const signed = BigInt.asIntN(bits, unsigned)
  const value = isSigned ? (signed < 0n ? (-signed - 1n) * 2n + 1n : signed * 2n) : unsigned
  if (value <= LARGEST_IN_ONE_BYTE) write(transfer, value, 1)
  else {
    const width = value <= 0xffffn ? 2 : value <= 0xffff_ffffn ? 4 : value <= 0xffff_ffff_ffff_ffffn ? 8 : 16
    write(transfer, BigInt(markers.get(width) ?? 0), 1)
    write(transfer, value, width)
  }
  return Number(unsigned)
}

function littleEndian(bytes: Uint8Array, at: number, size: number): bigint {
  let value = 0n
  for (let index = size - 1; index >= 0; index -= 1) value = (value << 8n) | BigInt(bytes[at + index] as number)
  return value
}

function write(transfer: Transfer, value: bigint, size: number): void {
  reserve(transfer, size)
  let rest = BigInt.asUintN(size * 8, value)
  for (let index = 0; index < size; index += 1) {
    transfer.output[transfer.length + index] = Number(rest & 0xffn)
    rest >>= 8n
  }
  transfer.length += size
}
