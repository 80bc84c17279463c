/**
 * What happens to values that were written as one type and are read as another: a set of bits. Several bits can be set,
 * each for other values: if an `Option<u32>` is read as an `Option<String>`, None stays None and most other values fail.
 */
export type Effect = number

/** Some values decode to what they were. */
export const SAME: Effect = 1
/** Some values decode to another value without an error. */
export const DIFFERS: Effect = 2
/** Some values do not decode. */
export const FAILS: Effect = 4
/** Some values decode and leave bytes over at the end, which `bincode::deserialize` ignores. */
export const LEFTOVER: Effect = 8
/** Only None or an empty list decodes to what it was. */
export const EMPTY: Effect = 16

export const isDecoded = (effect: Effect): boolean => (effect & (SAME | DIFFERS | EMPTY)) !== 0

/** Adds that an empty list or None decodes to what it was. */
export const orEmpty = (effect: Effect): Effect => ((effect & SAME) !== 0 ? effect : effect | EMPTY)

/** The effect when one field is read as another field. Two empty fields still decode to what they were. */
export const exchanged = (effect: Effect): Effect =>
  (effect & (FAILS | EMPTY)) | ((effect & (SAME | DIFFERS | LEFTOVER)) !== 0 ? DIFFERS : 0)

/** The effect when the decoded value is taken for something it is not, such as another variant. */
export const misread = (effect: Effect): Effect =>
  (effect & FAILS) | (isDecoded(effect) || (effect & LEFTOVER) !== 0 ? DIFFERS : 0)

/** The effect of several values in a row: the whole decodes only if every one of them does. */
export function inSequence(effects: readonly Effect[]): Effect {
  const last = effects.at(-1) ?? SAME
  const allDecoded = effects.every(isDecoded)
  const allButLastDecoded = effects.slice(0, -1).every(isDecoded)
  return (
    effects.reduce((all, effect) => all | (effect & FAILS), 0) |
    (allDecoded ? effects.reduce((all, effect) => all | (effect & DIFFERS), 0) : 0) |
    (effects.every((effect) => (effect & SAME) !== 0)
      ? SAME
      : effects.every((effect) => (effect & (SAME | EMPTY)) !== 0)
        ? EMPTY
        : 0) |
    (allButLastDecoded ? last & LEFTOVER : 0)
  )
}
