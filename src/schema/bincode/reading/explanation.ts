/** Why bytes do not decode. */
export interface Explanation {
  /** What was expected, and what the bytes have. */
  readonly reason: string
  /** `OrderPlaced.items[2].quantity`; empty at the root. */
  readonly path: string
  /** The offset of the first byte that is wrong. */
  readonly offset: number
}
