import type { Hint } from '../bus/hints.ts'

/** Restricts connections to the settings in the address of a store: settings in the environment are not used. */
export interface AddressOnly {
  /** Why no password is sent if the address has none. Continues "the event store at … asks for a password, and …". */
  readonly whyNoPassword: string
  /** What to do instead. */
  readonly hints: readonly Hint[]
}
