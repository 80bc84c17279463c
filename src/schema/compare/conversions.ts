import { textFormat } from '../bincode/leaves/text-formats.ts'
import { timeUnitOf } from '../library-types.ts'
import type { Primitive } from '../model.ts'
import { DIFFERS, type Effect, FAILS, isDecoded, misread, SAME } from './effect.ts'
import { hasOnlyUnits, type Resolved, type Types, takesNoBytes, type WireNode, widths } from './layout.ts'

export const isText = (node: WireNode): boolean => node.kind === 'leaf' && node.wire === 'String'

/** The effect of reading one primitive as another. */
export function primitiveEffect(a: Primitive, b: Primitive): Effect {
  const [from, to] = [withoutSize(a), withoutSize(b)]
  if (from === to) return SAME
  const isByte = (kind: Primitive) => widths[kind] === 1
  // An ASCII character is one byte.
  if ((isByte(from) && to === 'char') || (from === 'char' && isByte(to))) return DIFFERS | FAILS
  if (widths[from] === undefined || widths[from] !== widths[to]) return FAILS
  if (to === 'bool') return DIFFERS | FAILS
  // Small non-negative integers have the same bytes with and without a sign.
  const isWhole = /^[ui]/.test(from) && /^[ui]/.test(to)
  return isWhole ? SAME | DIFFERS : DIFFERS
}

/** Bincode writes usize and isize as 64 bits. */
const withoutSize = (kind: Primitive): Primitive => (kind === 'usize' ? 'u64' : kind === 'isize' ? 'i64' : kind)

/** The effect where the kinds differ and the bytes may still fit: a variant number and an integer, Option<()> and a bool. */
export function tagEffect(before: Types, a: WireNode, after: Types, b: WireNode): Effect {
  const isNumbered = (node: WireNode) => node.kind === 'enum' && hasOnlyUnits(node.variants)
  const isWord = (node: WireNode) => node.kind === 'leaf' && widths[node.wire] === 4
  if (isNumbered(a) && isWord(b)) return DIFFERS
  if (isWord(a) && isNumbered(b)) return DIFFERS | FAILS
  const isFlag = (types: Types, node: WireNode) => node.kind === 'option' && takesNoBytes(types, node.item)
  const isByte = (node: WireNode) => node.kind === 'leaf' && widths[node.wire] === 1
  if (isFlag(before, a) && isByte(b)) return DIFFERS
  if (isByte(a) && isFlag(after, b)) return a.kind === 'leaf' && a.wire === 'bool' ? DIFFERS : DIFFERS | FAILS
  return FAILS
}

/** Adds to the effect of the bytes what the library types around them make of the value. */
export function knownTypeEffect(
  { known: a, node: from }: Resolved,
  { known: b, node: to }: Resolved,
  effect: Effect,
): Effect {
  if (!isDecoded(effect)) return effect
  if (isText(from) && isText(to)) {
    const [format, formatAfter] = [a && textFormat(a.name), b && textFormat(b.name)]
    const isAny = b === undefined || b.name === 'PathBuf'
    return isAny || (format !== undefined && format === formatAfter) ? effect : effect | FAILS
  }
  // The bytes of a UUID, for example, are not the text of a date.
  if (isText(to) && b !== undefined && textFormat(b.name) !== undefined) return FAILS
  const [json, jsonAfter] = [a?.json ?? 'wire', b?.json ?? 'wire']
  if (json !== jsonAfter) {
    // Most such types refuse some bytes: a date refuses day 400 of a year.
    const isAny = ['wire', 'ipv4', 'ipv6', 'socket-v4', 'socket-v6'].includes(jsonAfter)
    return (isAny ? 0 : FAILS) | (effect & FAILS) | DIFFERS
  }
  const [unit, unitAfter] = [a && timeUnitOf(a.name), b && timeUnitOf(b.name)]
  if (unit !== undefined && unitAfter !== undefined && unit !== unitAfter) return misread(effect)
  if (b?.name.startsWith('NonZero')) return effect | FAILS
  // A Duration read as a SystemTime.
  const isOther = a !== undefined && b !== undefined && a.wire?.kind === 'fields' && b.wire?.kind === 'fields'
  return isOther ? misread(effect) : effect
}
