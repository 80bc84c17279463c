/**
 * What happens to values that are written as one type and read as another: a bit set. Each bit says what happens to some of the
 * values, so several bits can be set. For an `Option<u32>` that is read as an `Option<String>`, None stays None, and most other
 * values fail.
 */
export type Effect = number

/** Some values decode to the value that was written. */
export const SAME: Effect = 1
/** Some values decode without an error, but to another value. */
export const DIFFERS: Effect = 2
/** Some values do not decode. */
export const FAILS: Effect = 4
/** Some values decode, but bytes are left over at the end of the payload. `bincode::deserialize` ignores such bytes. */
export const LEFTOVER: Effect = 8
/** Only None or an empty list decodes to the value that was written. */
export const EMPTY: Effect = 16

/** Whether some values decode, to the same value or another one. */
export const isDecoded = (effect: Effect): boolean => (effect & (SAME | DIFFERS | EMPTY)) !== 0

/** Adds that None or an empty list decodes to the value that was written. */
export const orEmpty = (effect: Effect): Effect => ((effect & SAME) !== 0 ? effect : effect | EMPTY)

/** The effect if the bytes of one field are read as another field. Two empty fields still decode to the same value. */
export const exchanged = (effect: Effect): Effect =>
  (effect & (FAILS | EMPTY)) | ((effect & (SAME | DIFFERS | LEFTOVER)) !== 0 ? DIFFERS : 0)

/** The effect if the decoded value has another meaning, such as another variant: no value counts as the same. */
export const misread = (effect: Effect): Effect =>
  (effect & FAILS) | (isDecoded(effect) || (effect & LEFTOVER) !== 0 ? DIFFERS : 0)

/** The effect of several values in a row, by the effect of each. The whole decodes only if all of them decode. */
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
