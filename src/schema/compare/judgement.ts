import { DIFFERS, type Effect, FAILS, LEFTOVER, misread, SAME } from './effect.ts'
import type { ChangeKind } from './schema-change.ts'

/** What happens to old bytes in new services, and to new bytes in old services. */
export interface Judgement {
  readonly effect: Effect
  readonly reverse: Effect
}

export const unchanged: Judgement = { effect: SAME, reverse: SAME }
/** A variant number that the new enum does not have. */
export const numberRemoved: Judgement = { effect: FAILS, reverse: SAME }
/** A variant number that the old enum does not have. */
export const numberAdded: Judgement = { effect: SAME, reverse: FAILS }

/** The judgement of bytes that decode, and are taken for something they are not. */
export const misreadBothWays = ({ effect, reverse }: Judgement): Judgement => ({
  effect: misread(effect),
  reverse: misread(reverse),
})

export const kindOf = (effect: Effect): ChangeKind =>
  (effect & DIFFERS) !== 0 ? 'silent' : (effect & (FAILS | LEFTOVER)) !== 0 ? 'breaks' : 'safe'
