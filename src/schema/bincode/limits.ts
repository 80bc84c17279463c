/** Limit for nested values of recursive types, in function calls, so that decoding and encoding do not exhaust the stack. */
export const MAX_DEPTH = 2_000
