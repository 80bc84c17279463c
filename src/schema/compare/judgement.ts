import { DIFFERS, type Effect, FAILS, LEFTOVER, misread, SAME } from './effect.ts'
import type { ChangeKind } from './schema-change.ts'

/** The effect of a change of types on reading, in both directions. */
export interface Judgement {
  /** When the new types read bytes of the old ones (backward compatibility). */
  readonly effect: Effect
  /** When the old types read bytes of the new ones (forward compatibility). */
  readonly reverse: Effect
}

/** All values stay the same in both directions. */
export const unchanged: Judgement = { effect: SAME, reverse: SAME }
/** The judgement of a variant number that the new enum does not have. */
export const numberRemoved: Judgement = { effect: FAILS, reverse: SAME }
/** The judgement of a variant number that the old enum does not have. */
export const numberAdded: Judgement = { effect: SAME, reverse: FAILS }

/** Returns the judgement for the case that the decoded values have another meaning, in both directions. See `misread`. */
export const misreadBothWays = ({ effect, reverse }: Judgement): Judgement => ({
  effect: misread(effect),
  reverse: misread(reverse),
})

/**
 * Returns the kind of change for the worst outcome in an effect: `silent` if some values decode to other values without an
 * error, else `breaks` if some values fail or leave bytes over, else `safe`.
 */
export const kindOf = (effect: Effect): ChangeKind =>
  (effect & DIFFERS) !== 0 ? 'silent' : (effect & (FAILS | LEFTOVER)) !== 0 ? 'breaks' : 'safe'
