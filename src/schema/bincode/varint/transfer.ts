/** Bytes on their way from one encoding of integers to the other. */
export interface Transfer {
  input: Uint8Array
  position: number
  output: Uint8Array
  /** The number of bytes in `output`. */
  length: number
  /** Current nesting of recursive types, in function calls. */
  depth: number
  /** Whether the rest of the input cannot be transferred. */
  hasFailed: boolean
  /** Why. Empty if the decoder of fixed integers finds a better reason at the same place. */
  reason: string
  /** If given, receives the places in `output` and in `input` of each part, to find an offset again. */
  places: (readonly [output: number, input: number])[] | undefined
}

export const newTransfer = (): Transfer => ({
  input: new Uint8Array(0),
  position: 0,
  output: new Uint8Array(256),
  length: 0,
  depth: 0,
  hasFailed: false,
  reason: '',
  places: undefined,
})

/** Begins to transfer a payload. */
export function begin(transfer: Transfer, input: Uint8Array): void {
  transfer.input = input
  transfer.position = 0
  transfer.length = 0
  transfer.depth = 0
  transfer.hasFailed = false
  transfer.reason = ''
}

export function failTransfer(transfer: Transfer, reason = ''): void {
  if (transfer.hasFailed) return
  transfer.hasFailed = true
  transfer.reason = reason
}

/** Makes room for more bytes of output. */
export function reserve(transfer: Transfer, size: number): void {
  const needed = transfer.length + size
  if (needed <= transfer.output.length) return
  const larger = new Uint8Array(Math.max(needed, transfer.output.length * 2))
  larger.set(transfer.output.subarray(0, transfer.length))
  transfer.output = larger
}

/** Copies bytes as they are. If fewer are left, copies those and fails. */
export function copy(transfer: Transfer, size: number): void {
  transfer.places?.push([transfer.length, transfer.position])
  const left = transfer.input.length - transfer.position
  const copied = Math.min(size, left)
  reserve(transfer, copied)
  transfer.output.set(transfer.input.subarray(transfer.position, transfer.position + copied), transfer.length)
  transfer.position += copied
  transfer.length += copied
  if (copied < size) failTransfer(transfer)
}
