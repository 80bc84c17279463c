import type { Meta, RustUse } from '../ast.ts'
import { identifierText } from '../rust-text.ts'
import { childOf, childrenOf, type Source, type SyntaxNode } from '../source.ts'
import { readVisibility } from '../visibility.ts'

/** Reads every name that a `use` declaration imports. */
export function readUses(node: SyntaxNode, attributes: readonly Meta[], source: Source): RustUse[] {
  const uses: RustUse[] = []
  const visibility = readVisibility(node, source)
  const nameOf = (part: SyntaxNode): string => identifierText(source.textOf(part))
  const walk = (clause: SyntaxNode, prefix: readonly string[], isGlobal: boolean): void => {
    const parts = childrenOf(clause)
    const own = parts.filter(isPathSegment)
    const startsGlobal = isGlobal || (prefix.length === 0 && parts[0]?.name === '::')
    const add = (path: readonly string[], as: string | undefined) => {
      // `a::{self}` imports `a` itself.
      const whole = path.length > 1 && path.at(-1) === 'self' ? path.slice(0, -1) : path
      uses.push({
        path: whole,
        isGlobal: startsGlobal,
        as: as === 'self' ? whole.at(-1) : as,
        visibility,
        attributes,
      })
    }
    switch (clause.name) {
      case 'UseList':
        for (const part of parts) walk(part, prefix, startsGlobal)
        break
      case 'ScopedUseList': {
        const list = childOf(clause, 'UseList')
        if (list) walk(list, [...prefix, ...own.map(nameOf)], startsGlobal)
        break
      }
      case 'UseWildcard':
        add([...prefix, ...own.map(nameOf)], undefined)
        break
      case 'ScopedIdentifier': {
        const path = [...prefix, ...own.map(nameOf)]
        add(path, path.at(-1))
        break
      }
      case 'UseAsClause': {
        const [target] = parts
        if (!target) break
        const inner = target.name === 'ScopedIdentifier' ? childrenOf(target) : [target]
        const as = parts.at(-1)
        if (as) add([...prefix, ...inner.filter(isPathSegment).map(nameOf)], nameOf(as))
        break
      }
      case 'BoundIdentifier':
      case 'self':
      case 'super':
      case 'crate':
        add([...prefix, nameOf(clause)], nameOf(clause))
        break
    }
  }
  for (const clause of childrenOf(node)) if (clause.name !== 'Vis' && clause.name !== 'use') walk(clause, [], false)
  return uses
}

const isPathSegment = ({ name }: SyntaxNode): boolean => /Identifier$|^(self|super|crate)$/.test(name)
