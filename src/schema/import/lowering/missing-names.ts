import type { RustInvocation, RustType } from '../../../rust/ast.ts'
import { lastSegment } from '../../../rust/rust-text.ts'
import { formatLocation } from '../../../rust/source.ts'
import { macroCallNaming } from '../crates/macro-calls.ts'
import type { Module } from '../crates/module.ts'
import type { Names } from '../crates/names.ts'
import { importHints } from '../hints.ts'
import type { Env } from './instances.ts'
import type { LoweringParts } from './lowering-parts.ts'

/**
 * Reports a name that cannot be resolved, with the probable reason: a macro, generated code or a glob import. `written` is
 * its path.
 */
export function reportMissingName(
  written: string,
  rust: RustType,
  env: Env,
  { names, crates, report }: LoweringParts,
): undefined {
  const name = lastSegment(written)
  // In `use crate::bindings::Exchange::Traded`, a macro may define the whole of `Exchange`.
  const used = env.module.uses.find(({ as }) => as === name)?.path ?? written.split('::')
  const macro = used.flatMap((step) => (/^[A-Z]/.test(step) ? (macroCallNaming(step, crates.all) ?? []) : [])).at(-1)
  const alias = aliasIn(names, env.module, written.split('::'))
  const included = includeIn(names, env.module, written.split('::').slice(0, -1))
  // A path through a module names what the glob imports of that module import too.
  const outer =
    used.length > 1 ? names.find(env.module, used.slice(0, -1)) : { kind: 'module' as const, module: env.module }
  const imported = outer?.kind === 'module' ? names.foreignGlobs(outer.module) : []
  const globs = imported.filter((glob) => !glob.startsWith('std::'))
  const reason = macro
    ? `${macro.name}! (${formatLocation(macro.location)}) probably defines this name, but crbus cannot expand that macro`
    : alias
      ? `${alias} is an alias, and crbus does not follow a path through an alias`
      : included
        ? `${written} is not in scope; ${included.name}! (${formatLocation(included.location)}) may define this name, but crbus does not read code that the build generates`
        : globs.length > 0
          ? `${name} is not in scope; this name may come from ${globs.map((glob) => `${glob}::*`).join(' or ')}, whose source is not among the paths`
          : `${written} is not in scope`
  return report.problem(rust.location, rust.text, reason, importHints.mapType(written))
}

/** The part of a path that names a type alias before the end of the path: `Event` in `Event::Body`. */
function aliasIn(names: Names, from: Module, path: readonly string[]): string | undefined {
  for (let length = 1; length < path.length; length += 1) {
    const found = names.find(from, path.slice(0, length))
    if (found?.kind === 'items' && found.items.every(({ rust }) => rust.kind === 'alias'))
      return path.slice(0, length).join('::')
  }
  return undefined
}

/** Finds `include!(concat!(env!("OUT_DIR"), "/orders.rs"))` or a similar macro call in the module at a path. */
function includeIn(names: Names, from: Module, path: readonly string[]): RustInvocation | undefined {
  const found = names.find(from, path)
  return found?.kind === 'module'
    ? found.module.invocations.find(({ name }) => /(^|::)include(_\w+)?$/.test(name))
    : undefined
}
