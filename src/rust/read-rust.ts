import { parser } from '@lezer/rust'
import type { RustScope, RustType } from './ast.ts'
import { rangesOutsideBodies } from './bodies.ts'
import { ScopeReader } from './read-items.ts'
import { Source, type SourceLocation } from './source.ts'

/** Parses Rust source text. Function bodies are parsed only when they are needed. */
export function readRust(source: Source): RustScope {
  const tree = parser.parse(source.text, undefined, rangesOutsideBodies(source.text))
  return new ScopeReader(source).scope(tree.topNode)
}

/** Parses a type such as `Vec<Order>` from an attribute or the command line. `undefined` for invalid text. */
export function readRustType(text: string, location: SourceLocation): RustType | undefined {
  const { items, errors } = readRust(new Source(location.file, `type T = ${text};`, location.line))
  const [item, ...more] = items
  return item?.kind === 'alias' && !item.isBroken && more.length + errors.length === 0 ? item.type : undefined
}
