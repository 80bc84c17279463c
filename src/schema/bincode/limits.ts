/** The most calls that nested values of recursive types may take, in decoding and in encoding. */
export const MAX_DEPTH = 2_000
