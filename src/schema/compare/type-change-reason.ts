import type { Type } from '../model.ts'
import { DIFFERS, type Effect, FAILS, SAME } from './effect.ts'
import type { TypeChangeReason } from './schema-change.ts'

const isInteger = ({ kind }: Type): boolean => /^[ui](?:\d+|size)$/.test(kind)

/** Tells why a change from type `a` to type `b` has this effect. */
export function typeChangeReason(a: Type, b: Type, effect: Effect): TypeChangeReason {
  if ((effect & DIFFERS) !== 0) {
    if (b.kind === 'sequence' && /Set$/.test(b.name)) return 'drops-duplicates'
    if (b.kind === 'sequence' && b.name === 'BinaryHeap') return 'loses-order'
    if ((effect & (SAME | FAILS)) === SAME && isInteger(a) && isInteger(b)) return 'sign'
    return (effect & FAILS) === 0 ? 'other-value' : 'other-value-or-fails'
  }
  if (effect === SAME) return 'same-bytes'
  if (b.kind === 'option' && a.kind !== 'option') return 'option-byte-missing'
  if (a.kind === 'option' && b.kind !== 'option') return 'option-byte-left'
  return (effect & SAME) !== 0 ? 'fewer-values' : 'other-bytes'
}
