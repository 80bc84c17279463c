import { DIFFERS, type Effect, FAILS, LEFTOVER, misread, SAME } from './effect.ts'
import type { ChangeKind } from './schema-change.ts'

/** What a change does to bytes in both directions. */
export interface Judgement {
  /** What happens to old bytes in new services. */
  readonly effect: Effect
  /** What happens to new bytes in old services. */
  readonly reverse: Effect
}

/** All values stay the same in both directions. */
export const unchanged: Judgement = { effect: SAME, reverse: SAME }
/** The judgement of a variant number that the new enum does not have. */
export const numberRemoved: Judgement = { effect: FAILS, reverse: SAME }
/** The judgement of a variant number that the old enum does not have. */
export const numberAdded: Judgement = { effect: SAME, reverse: FAILS }

/** The judgement if the decoded values have another meaning, in both directions. */
export const misreadBothWays = ({ effect, reverse }: Judgement): Judgement => ({
  effect: misread(effect),
  reverse: misread(reverse),
})

/** Returns the worst that an effect does to some values. */
export const kindOf = (effect: Effect): ChangeKind =>
  (effect & DIFFERS) !== 0 ? 'silent' : (effect & (FAILS | LEFTOVER)) !== 0 ? 'breaks' : 'safe'
