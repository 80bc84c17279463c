import type { Meta, RustInvocation, RustScope } from '../../../rust/ast.ts'
import { stringValue } from '../../../rust/rust-text.ts'
import { childrenOf } from '../../../rust/source.ts'

/** Adds `cfg` attributes to everything in a scope. */
export function withConditions(scope: RustScope, metas: readonly Meta[]): RustScope {
  if (metas.length === 0) return scope
  const also = <T extends { readonly attributes: readonly Meta[] }>(all: readonly T[]): T[] =>
    all.map((one) => ({ ...one, attributes: [...one.attributes, ...metas] }))
  const { items, consts, uses, macros, invocations, modules } = scope
  return {
    ...scope,
    ...{ items: also(items), consts: also(consts), uses: also(uses) },
    ...{ macros: also(macros), invocations: also(invocations), modules: also(modules) },
  }
}

/** The path in `include!("ids.rs")`. `undefined` for the path of a generated file, which is not a literal. */
export function includedFile({ name, tokens }: RustInvocation): string | undefined {
  const [only, ...more] = childrenOf(tokens.node).slice(1, -1)
  return name === 'include' && only && more.length === 0
    ? stringValue({ node: only, source: tokens.source })
    : undefined
}

/**
 * The possible paths of a module's file: its attribute `path`, or with `cfg_attr(unix, path = "…")` several paths, each with
 * the `cfg` attributes under which it applies. `undefined` stands for the default path.
 */
export function modulePaths(attributes: readonly Meta[]): { path: string | undefined; when: readonly Meta[] }[] {
  const pathIn = (metas: readonly Meta[]) => metas.find(({ path }) => path === 'path')?.value
  const fixed = pathIn(attributes)
  if (fixed !== undefined) return [{ path: fixed, when: [] }]
  const conditions = attributes.flatMap((meta) => {
    const [condition, ...then] = meta.path === 'cfg_attr' ? meta.items : []
    const path = pathIn(then)
    return condition && path !== undefined ? [{ path, condition, at: meta }] : []
  })
  const around = (at: Meta, path: string, items: readonly Meta[]): Meta => ({ ...at, path, items, value: undefined })
  const otherwise = conditions.map(({ condition, at }) => around(at, 'cfg', [around(at, 'not', [condition])]))
  return [
    ...conditions.map(({ path, condition, at }) => ({ path, when: [around(at, 'cfg', [condition])] })),
    { path: undefined, when: otherwise },
  ]
}
