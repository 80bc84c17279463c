import type { RustInvocation, RustType } from '../../../rust/ast.ts'
import { lastSegment } from '../../../rust/rust-text.ts'
import { formatLocation } from '../../../rust/source.ts'
import { macroCallNaming } from '../crates/macro-calls.ts'
import type { Module } from '../crates/module.ts'
import type { Names } from '../crates/names.ts'
import { mapFix } from '../import-report.ts'
import type { Env } from './instances.ts'
import type { LoweringParts } from './lowering-parts.ts'

/** Reports a name that cannot be resolved, with the probable reason: a macro, generated code or a glob import. */
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
  const included = includeIn(names, env.module, written.split('::').slice(0, -1))
  const globs = names.foreignGlobs(env.module).filter((glob) => !glob.startsWith('std::'))
  const reason = macro
    ? `it seems to be made by ${macro.name}! (${formatLocation(macro.location)}), which is not expanded here`
    : included
      ? `no ${written} is in scope, unless ${included.name}! (${formatLocation(included.location)}) brings it: what a build makes is not seen here`
      : globs.length > 0 && !written.includes('::')
        ? `no ${name} is in scope, unless ${globs.map((glob) => `${glob}::*`).join(' or ')} brings it`
        : `no ${written} is in scope`
  return report.problem(rust.location, rust.text, reason, mapFix(written))
}

/** The call of `include!(concat!(env!("OUT_DIR"), "/orders.rs"))`, or of a similar macro, in the module of a path. */
function includeIn(names: Names, from: Module, path: readonly string[]): RustInvocation | undefined {
  const found = names.find(from, path)
  return found?.kind === 'module'
    ? found.module.invocations.find(({ name }) => /(^|::)include(_\w+)?$/.test(name))
    : undefined
}
