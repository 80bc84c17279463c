import type { SourceLocation } from '../../../rust/source.ts'
import type { Crate, Module } from './module.ts'

export interface MacroCall {
  readonly name: string
  readonly location: SourceLocation
}

/** A call of an unexpanded macro whose arguments contain a name, which the macro may therefore define. */
export function macroCallNaming(name: string, crates: readonly Crate[]): MacroCall | undefined {
  for (const { root } of crates) {
    const found = callIn(name, root)
    if (found) return found
  }
  return undefined
}

function callIn(name: string, module: Module): MacroCall | undefined {
  for (const { name: macro, tokens, location } of module.invocations) {
    let isThere = false
    tokens.node.cursor().iterate((node) => {
      isThere ||= node.name === 'Identifier' && tokens.source.text.slice(node.from, node.to) === name
    })
    if (isThere) return { name: macro, location }
  }
  for (const child of module.modules) {
    const found = callIn(name, child)
    if (found) return found
  }
  return undefined
}
