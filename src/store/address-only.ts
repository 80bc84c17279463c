/** Asks for connections that use what the address of a store says and nothing else. */
export interface AddressOnly {
  /** Why a server that asks for a password is sent none, when the address holds none: the second half of a sentence. */
  readonly whyNoPassword: string
  readonly suggestions: readonly string[]
}
