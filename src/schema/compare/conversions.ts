import { textFormat } from '../bincode/leaves/text-formats.ts'
import { timeUnitOf } from '../library-types.ts'
import type { Primitive } from '../model.ts'
import { DIFFERS, type Effect, FAILS, isDecoded, misread, SAME } from './effect.ts'
import { hasOnlyUnits, type Resolved, type Types, takesNoBytes, type WireNode, widths } from './layout.ts'

/** Whether a node is a string on the wire. */
export const isText = (node: WireNode): boolean => node.kind === 'leaf' && node.wire === 'String'

/** Returns the effect of reading the primitive `a` as the primitive `b`. */
export function primitiveEffect(a: Primitive, b: Primitive): Effect {
  const [from, to] = [withoutSize(a), withoutSize(b)]
  if (from === to) return SAME
  const isByte = (kind: Primitive) => widths[kind] === 1
  // A char takes one byte if it is ASCII, and more otherwise.
  if ((isByte(from) && to === 'char') || (from === 'char' && isByte(to))) return DIFFERS | FAILS
  if (widths[from] === undefined || widths[from] !== widths[to]) return FAILS
  if (to === 'bool') return DIFFERS | FAILS
  // Small non-negative integers have the same bytes with and without a sign.
  const areIntegers = /^[ui]/.test(from) && /^[ui]/.test(to)
  return areIntegers ? SAME | DIFFERS : DIFFERS
}

/** Returns the effect of reading `a` as `b` if at least one of them is an integer in LEB128. */
export function varintEffect(a: WireNode, b: WireNode): Effect {
  if (a.kind === 'varint' && b.kind === 'varint')
    return Number(a.integer.slice(1)) <= Number(b.integer.slice(1)) ? SAME : SAME | FAILS
  const other = a.kind === 'varint' ? b : a
  // A small integer takes one byte in LEB128, and more bytes are left over or are the bytes of the next value.
  return other.kind === 'leaf' && widths[other.wire] === 1 ? SAME | DIFFERS | FAILS : FAILS
}

/** Bincode writes usize and isize as 64 bits. */
const withoutSize = (kind: Primitive): Primitive => (kind === 'usize' ? 'u64' : kind === 'isize' ? 'i64' : kind)

/**
 * Returns the effect of reading `a` as `b` if their kinds differ. The bytes can still fit: an enum of unit variants is read as
 * a number of four bytes, `Option<()>` as a bool, and the reverse.
 */
export function tagEffect(before: Types, a: WireNode, after: Types, b: WireNode): Effect {
  const isUnitEnum = (node: WireNode) => node.kind === 'enum' && hasOnlyUnits(node.variants)
  const isFourBytes = (node: WireNode) => node.kind === 'leaf' && widths[node.wire] === 4
  if (isUnitEnum(a) && isFourBytes(b)) return DIFFERS
  if (isFourBytes(a) && isUnitEnum(b)) return DIFFERS | FAILS
  const isEmptyOption = (types: Types, node: WireNode) => node.kind === 'option' && takesNoBytes(types, node.item)
  const isByte = (node: WireNode) => node.kind === 'leaf' && widths[node.wire] === 1
  if (isEmptyOption(before, a) && isByte(b)) return DIFFERS
  if (isByte(a) && isEmptyOption(after, b)) return a.kind === 'leaf' && a.wire === 'bool' ? DIFFERS : DIFFERS | FAILS
  return FAILS
}

/**
 * Refines the effect of reading the bytes by the rules of the library types `a` and `b` around them: the formats of strings,
 * the units of times, and the JSON form.
 */
export function knownTypeEffect(
  { known: a, node: from }: Resolved,
  { known: b, node: to }: Resolved,
  effect: Effect,
): Effect {
  if (!isDecoded(effect)) return effect
  if (isText(from) && isText(to)) {
    const [format, formatAfter] = [a && textFormat(a.name), b && textFormat(b.name)]
    const acceptsAnyText = b === undefined || b.name === 'PathBuf'
    return acceptsAnyText || (format !== undefined && format === formatAfter) ? effect : effect | FAILS
  }
  // The bytes of a UUID, for example, are not the text of a date.
  if (isText(to) && b !== undefined && textFormat(b.name) !== undefined) return FAILS
  const [json, jsonAfter] = [a?.json ?? 'wire', b?.json ?? 'wire']
  if (json !== jsonAfter) {
    // Other types refuse some bytes: a date refuses day 400 of a year.
    const decodesAnyBytes = ['wire', 'ipv4', 'ipv6', 'socket-v4', 'socket-v6'].includes(jsonAfter)
    return (decodesAnyBytes ? 0 : FAILS) | (effect & FAILS) | DIFFERS
  }
  const [unit, unitAfter] = [a && timeUnitOf(a.name), b && timeUnitOf(b.name)]
  if (unit !== undefined && unitAfter !== undefined && unit !== unitAfter) return misread(effect)
  if (b?.name.startsWith('NonZero')) return effect | FAILS
  // Two library types with fields have different meanings, such as a Duration that is read as a SystemTime.
  const haveOtherMeanings = a !== undefined && b !== undefined && a.wire?.kind === 'fields' && b.wire?.kind === 'fields'
  return haveOtherMeanings ? misread(effect) : effect
}
