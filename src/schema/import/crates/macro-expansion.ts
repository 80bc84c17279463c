import type { Meta, RustInvocation, RustMacro, RustScope } from '../../../rust/ast.ts'
import {
  branchesOfCfgIf,
  expandBitflags,
  expandNewKeyType,
  isBitflags,
  isCfgIf,
  isNewKeyType,
} from '../../../rust/macros/library-macros.ts'
import { expandMacro } from '../../../rust/macros/macro-rules.ts'
import { expandPaste, isPaste } from '../../../rust/macros/paste.ts'
import type { Module } from './module.ts'
import { withConditions } from './module-files.ts'

/** The maximum nesting of macro calls, because a macro may call itself without end. Real code stays far below it. */
export const MAX_EXPANSIONS = 16

/** The macros in scope at a place of the source, by name. Several of the same name differ in their `cfg`. */
type Macros = ReadonlyMap<string, readonly RustMacro[]>

/** The macros in scope, which change while the source is read from its start to its end. */
export interface MacroScope {
  macros: Macros
}

/** The definitions of a called macro, and the path of their crate as seen by the caller: `crate` or `::shared`. */
export interface CalledMacros {
  /** The definitions from the first to the last. A later one applies, unless its `cfg` excludes it. */
  readonly macros: readonly RustMacro[]
  readonly crate: string
}

/** Adds a definition, which replaces earlier ones of the same name unless it has a `cfg`. */
export function withMacro(macros: Macros, macro: RustMacro): Macros {
  const earlier = conditionsOf(macro).length > 0 ? (macros.get(macro.name) ?? []) : []
  return new Map([...macros, [macro.name, [...earlier, macro]]])
}

/** Finds the macro that a call without a path refers to. */
export function findMacro(name: string, macros: Macros): CalledMacros | undefined {
  const found = macros.get(name)
  return found && { macros: found, crate: 'crate' }
}

/**
 * The code that a macro call expands to, with the `cfg` attributes under which each part applies. `undefined` if crbus cannot
 * expand the macro. `read` parses source text that is located at a line.
 */
export function expandCall(
  invocation: RustInvocation,
  called: CalledMacros | undefined,
  read: (text: string, line: number) => RustScope,
): RustScope[] | undefined {
  const { line } = invocation.location
  const conditions = conditionsOf(invocation)
  if (called) {
    const scopes: RustScope[] = []
    const later: Meta[] = []
    for (const macro of called.macros.toReversed()) {
      const text = expandMacro(invocation, { macro, crate: called.crate })
      if (text === undefined) return undefined
      const own = conditionsOf(macro)
      scopes.push(withConditions(read(text, line), [...conditions, ...own, ...later]))
      const [first] = own
      if (first) later.push(noneOf(first, own))
    }
    return scopes
  }
  if (isBitflags(invocation)) return [withConditions(read(expandBitflags(invocation), line), conditions)]
  if (isNewKeyType(invocation)) return [withConditions(read(expandNewKeyType(invocation), line), conditions)]
  if (isPaste(invocation)) {
    const text = expandPaste(invocation)
    return text === undefined ? undefined : [withConditions(read(text, line), conditions)]
  }
  if (!isCfgIf(invocation)) return undefined
  return branchesOfCfgIf(invocation).map(({ attributes, body }) => {
    // Attributes can only be parsed with an item, so attach them to a struct.
    const own = read(`${attributes} struct It;`, line).items[0]?.attributes ?? []
    return withConditions(read(body, line), [...conditions, ...own])
  })
}

const conditionsOf = ({ attributes }: { readonly attributes: readonly Meta[] }): readonly Meta[] =>
  attributes.filter(({ path }) => path === 'cfg')

/** The attribute that holds if one of these does not: `cfg(not(all(…)))`. */
function noneOf(at: Meta, conditions: readonly Meta[]): Meta {
  const meta = (path: string, items: readonly Meta[]): Meta => ({ ...at, path, items, value: undefined })
  return meta('cfg', [
    meta('not', [
      meta(
        'all',
        conditions.flatMap(({ items }) => items),
      ),
    ]),
  ])
}

/** All macros with a name in a module and its child modules. */
export const macrosNamed = (name: string, module: Module): RustMacro[] => [
  ...module.macros.filter((macro) => macro.name === name),
  ...module.modules.flatMap((child) => macrosNamed(name, child)),
]

/** The macro, if it is the only one or each of several has a `cfg`. */
export function onlyMacro(macros: readonly RustMacro[] = []): readonly RustMacro[] | undefined {
  const isOne = macros.length === 1 || macros.every(({ attributes }) => attributes.some(({ path }) => path === 'cfg'))
  return macros.length > 0 && isOne ? macros : undefined
}
