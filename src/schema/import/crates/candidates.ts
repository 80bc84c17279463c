import type { RustConst } from '../../../rust/ast.ts'
import type { CfgState } from '../../../rust/attributes.ts'
import { canonicalPath } from '../lowering/foreign/foreign-types.ts'
import type { MacroCall } from './macro-calls.ts'
import { type Item, isWithin, type Module } from './module.ts'

/** The target of a Rust path. */
export type Found =
  /** One item, or several that differ in their `cfg`. */
  | { readonly kind: 'items'; readonly items: readonly Item[] }
  | { readonly kind: 'module'; readonly module: Module }
  | { readonly kind: 'const'; readonly value: RustConst; readonly module: Module }
  /** A path in a crate whose source is not imported. */
  | { readonly kind: 'foreign'; readonly path: readonly string[] }
  /** What a `use` of this path imports, which crbus does not find: a macro may define it. */
  | { readonly kind: 'unknown'; readonly path: readonly string[] }
  /** Whatever a macro call defines that crbus could not expand. */
  | { readonly kind: 'macro'; readonly call: MacroCall }
  /** Several possible targets. The `cfg` options in `ask`, if there are any, decide which one applies. */
  | { readonly kind: 'open'; readonly found: readonly Found[]; readonly ask: readonly string[] }

/** A possible target of a name, which applies if its `cfg` holds. */
export interface Candidate {
  readonly found: Found
  readonly state: CfgState
  /** The module in which the name can be used, with its child modules. `undefined`: everywhere. */
  readonly within: Module | undefined
  /** Whether the name comes from `use module::*`. Such names do not shadow each other. */
  readonly isFromGlob: boolean
}

/** Whether a `cfg` holds, or may hold depending on its options. */
export const isPossible = (state: CfgState): boolean => !('holds' in state) || state.holds

/** The state of "at least one of these". */
export function anyOf(states: readonly CfgState[]): CfgState {
  if (states.some((state) => 'holds' in state && state.holds)) return { holds: true }
  const ask = new Set(states.flatMap((state) => ('ask' in state ? state.ask : [])))
  return ask.size === 0 ? { holds: false } : { ask: [...ask] }
}

/** Joins candidates with the same target, of which there is one for each way through the imports of the modules. */
export function merged(candidates: readonly Candidate[]): readonly Candidate[] {
  const different: Candidate[] = []
  for (const candidate of candidates) {
    const { found, within, state } = candidate
    const index = different.findIndex((other) => other.within === within && isSame(other.found, found))
    const other = different[index]
    if (other) different[index] = { ...other, state: anyOf([other.state, state]) }
    else different.push(candidate)
  }
  return different
}

/**
 * Returns the first candidate whose `cfg` holds, or all that glob imports lead to. If candidates before it may apply too, returns
 * all of them as an open target.
 */
export function firstOf(candidates: Iterable<Candidate>): Found | undefined {
  const possible: Found[] = []
  const ask: string[] = []
  let isShadowed = false
  for (const { found, state, isFromGlob } of candidates) {
    if (!isPossible(state)) continue
    if (isShadowed && !isFromGlob) break
    possible.push(found)
    if ('ask' in state) ask.push(...state.ask)
    else if (isFromGlob) isShadowed = true
    else break
  }
  return oneOf(possible, ask)
}

/** Combines targets: returns the only one, or an open target if they differ. */
export function oneOf(found: readonly Found[], ask: readonly string[]): Found | undefined {
  const all = found.flatMap(branchesOf)
  const different = all.filter((one, index) => all.findIndex((other) => isSame(one, other)) === index)
  if (different.length < 2) return different[0]
  const innerAsk = found.flatMap((one) => (one.kind === 'open' ? one.ask : []))
  return { kind: 'open', found: different, ask: [...ask, ...innerAsk] }
}

/** The possible targets of a lookup: none, one, or those of an open target. */
export const branchesOf = (found: Found | undefined): readonly Found[] =>
  found?.kind === 'open' ? found.found : found ? [found] : []

function isSame(one: Found, other: Found): boolean {
  if (one.kind === 'items') return other.kind === 'items' && one.items[0]?.rust === other.items[0]?.rust
  if (one.kind === 'module') return other.kind === 'module' && one.module === other.module
  if (one.kind === 'const') return other.kind === 'const' && one.value === other.value
  if (one.kind === 'unknown') return other.kind === 'unknown' && one.path.join('::') === other.path.join('::')
  if (one.kind === 'macro') return other.kind === 'macro' && one.call === other.call
  if (one.kind === 'open') {
    if (other.kind !== 'open' || other.found.length !== one.found.length) return false
    return one.found.every((found, index) => isSame(found, other.found[index] as Found))
  }
  return one.kind === 'foreign' && other.kind === 'foreign' && canonicalPath(one.path) === canonicalPath(other.path)
}

/** Whether a name that can be used `within` a module can be used in `viewer`. */
export const isVisible = (within: Module | undefined, viewer: Module): boolean =>
  within === undefined || isWithin(viewer, within)

/** The smaller of two modules, of which one contains the other. `undefined` is everywhere. */
export function narrower(a: Module | undefined, b: Module | undefined): Module | undefined {
  if (!a || !b) return a ?? b
  return isWithin(a, b) ? a : b
}

/** The larger of two modules, of which one contains the other. */
export const wider = (a: Module | undefined, b: Module | undefined): Module | undefined =>
  a && b ? (isWithin(a, b) ? b : a) : undefined
