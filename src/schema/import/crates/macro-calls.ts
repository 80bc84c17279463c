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

function callIn(name: string, module: Module): MacroCall | undefined {
  for (const { name: macro, tokens, location } of module.invocations) {
    let isNamed = false
    tokens.node.cursor().iterate((node) => {
      isNamed ||= node.name === 'Identifier' && tokens.source.text.slice(node.from, node.to) === name
    })
    if (isNamed) return { name: macro, location }
  }
  for (const child of module.modules) {
    const found = callIn(name, child)
    if (found) return found
  }
  return undefined
}
