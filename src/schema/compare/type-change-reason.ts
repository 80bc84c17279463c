import type { Type } from '../model.ts'
import { DIFFERS, type Effect, FAILS, SAME } from './effect.ts'
import type { TypeChangeReason } from './schema-change.ts'

const isInteger = ({ kind }: Type): boolean => /^[ui](?:\d+|size)$/.test(kind)

/**
 * Names the reason why the change from type `a` to type `b` has this effect. The effect is a bit set: each bit says what happens
 * to some of the old values.
 */
export function typeChangeReason(a: Type, b: Type, effect: Effect): TypeChangeReason {
  // Some values decode to another value.
  if ((effect & DIFFERS) !== 0) {
    if (b.kind === 'sequence' && /Set$/.test(b.name)) return 'drops-duplicates'
    if (b.kind === 'sequence' && b.name === 'BinaryHeap') return 'loses-order'
    // Other values stay the same and none fails: only the sign of the integer differs.
    if ((effect & (SAME | FAILS)) === SAME && isInteger(a) && isInteger(b)) return 'sign'
    return (effect & FAILS) === 0 ? 'other-value' : 'other-value-or-fails'
  }
  // From here on, no value changes: all stay the same, or some fail.
  if (effect === SAME) return 'same-bytes'
  if (b.kind === 'option' && a.kind !== 'option') return 'option-byte-missing'
  if (a.kind === 'option' && b.kind !== 'option') return 'option-byte-left'
  return (effect & SAME) !== 0 ? 'fewer-values' : 'other-bytes'
}
