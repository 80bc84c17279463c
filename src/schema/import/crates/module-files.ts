import type { Meta, RustInvocation, RustScope } from '../../../rust/ast.ts'
import { stringValue } from '../../../rust/rust-text.ts'
import { childrenOf } from '../../../rust/source.ts'
import type { Module } from './module.ts'

/** Adds `cfg` attributes to each item of a scope. */
export function withConditions(scope: RustScope, conditions: readonly Meta[]): RustScope {
  if (conditions.length === 0) return scope
  const withAttributes = <T extends { readonly attributes: readonly Meta[] }>(all: readonly T[]): T[] =>
    all.map((one) => ({ ...one, attributes: [...one.attributes, ...conditions] }))
  const { items, consts, uses, impls, macros, invocations, modules } = scope
  return {
    ...scope,
    ...{ items: withAttributes(items), consts: withAttributes(consts), uses: withAttributes(uses) },
    impls: withAttributes(impls),
    ...{ macros: withAttributes(macros), invocations: withAttributes(invocations), modules: withAttributes(modules) },
  }
}

/**
 * The path in `include!("ids.rs")`. `undefined` for other macros, and for a path that is not a literal, as of generated
 * files.
 */
export function includedFile({ name, tokens }: RustInvocation): string | undefined {
  const [only, ...more] = childrenOf(tokens.node).slice(1, -1)
  return name === 'include' && only && more.length === 0
    ? stringValue({ node: only, source: tokens.source })
    : undefined
}

/**
 * The possible paths of a module's file, each with the `cfg` attributes under which the path applies (`when`). An attribute
 * `path` gives one path; `cfg_attr(unix, path = "…")` gives several. `undefined` stands for the default path.
 */
export function modulePaths(attributes: readonly Meta[]): { path: string | undefined; when: readonly Meta[] }[] {
  const pathIn = (metas: readonly Meta[]) => metas.find(({ path }) => path === 'path')?.value
  const fixed = pathIn(attributes)
  if (fixed !== undefined) return [{ path: fixed, when: [] }]
  const conditionalPaths = attributes.flatMap((meta) => {
    const [condition, ...then] = meta.path === 'cfg_attr' ? meta.items : []
    const path = pathIn(then)
    return condition && path !== undefined ? [{ path, condition, at: meta }] : []
  })
  // Builds `cfg(…)` and `not(…)` at the location of the `cfg_attr`.
  const attribute = (at: Meta, path: string, items: readonly Meta[]): Meta => ({ ...at, path, items, value: undefined })
  const otherwise = conditionalPaths.map(({ condition, at }) =>
    attribute(at, 'cfg', [attribute(at, 'not', [condition])]),
  )
  return [
    ...conditionalPaths.map(({ path, condition, at }) => ({ path, when: [attribute(at, 'cfg', [condition])] })),
    { path: undefined, when: otherwise },
  ]
}

/** The modules around a module, from the root of the crate to the module itself. */
export function pathFromRoot(module: Module): Module[] {
  const path: Module[] = []
  for (let at: Module | undefined = module; at; at = at.parent) path.unshift(at)
  return path
}
