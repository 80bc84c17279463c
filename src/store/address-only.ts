import type { Hint } from '../bus/hints.ts'
/** Restricts connections to the settings in the address of a store, without those of the environment. */
export interface AddressOnly {
  /**
   * Why no password is sent when the address has none. Continues the sentence "the event store asks for a password, and
   * …".
   */
  readonly whyNoPassword: string
  readonly hints: readonly Hint[]
}
