/** Why bytes do not decode. */
export interface Explanation {
  /** What was expected, and what was there. */
  readonly reason: string
  /** `OrderPlaced.items[2].quantity`; empty at the root. */
  readonly path: string
  /** The byte at which it went wrong. */
  readonly offset: number
}
