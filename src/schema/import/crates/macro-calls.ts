import type { Expression } from '../../../rust/ast.ts'
import type { SourceLocation } from '../../../rust/source.ts'
import type { Crate, Module } from './module.ts'

/** A call of a macro that crbus could not expand. */
export interface MacroCall {
  /** The name of the macro. */
  readonly name: string
  readonly location: SourceLocation
}

/** Finds an unexpanded macro call whose arguments contain a name. Such a macro probably defines the name. */
export function macroCallNaming(name: string, crates: readonly Crate[]): MacroCall | undefined {
  for (const { root } of crates) {
    const found = callIn(name, root)
    if (found) return found
  }
  return undefined
}

function mentions({ node, source }: Expression, name: string): boolean {
  let isNamed = false
  node.cursor().iterate((part) => {
    isNamed ||= part.name === 'Identifier' && source.text.slice(part.from, part.to) === name
  })
  return isNamed
}

function callIn(name: string, module: Module): MacroCall | undefined {
  for (const { name: macro, tokens, location } of module.invocations) {
    if (mentions(tokens, name)) return { name: macro, location }
  }
  for (const child of module.modules) {
    const found = callIn(name, child)
    if (found) return found
  }
  return undefined
}

/** Macros of common crates that define no types, or only types that no event contains. */
const typelessMacros =
  /(^|::)(lazy_static|thread_local|task_local|(const_)?assert\w*|static_assert\w*|compile_error|global_asm|inventory|submit|embed_migrations|declare_id|include_(str|bytes)|trace|debug|info|warn|error)$/

/**
 * Macros that define names which are not among their arguments: those of generated code, such as `include!` and
 * `tonic::include_proto!`, and `paste!`, which joins names.
 */
const includingMacros = /(^|::)(include(_\w+)?|paste(::item)?)$/

/**
 * Finds a macro call of a module that crbus could not expand and that may define a name: because its arguments contain the name, or
 * because it adds generated code or joins names.
 */
export function macroDefining(name: string, module: Module): MacroCall | undefined {
  const calls = module.invocations.filter((call) => !typelessMacros.test(call.name))
  const found = calls.find((call) => includingMacros.test(call.name) || mentions(call.tokens, name))
  return found && { name: found.name, location: found.location }
}
