/** Why bytes do not decode. */
export interface Explanation {
  /** What was expected, and what the bytes have. */
  readonly reason: string
  /** Path of the value that does not decode, such as `OrderPlaced.items[2].quantity`; empty at the root. */
  readonly path: string
  /** Offset in the payload of the first wrong byte, or of the byte that is missing. */
  readonly offset: number
}
