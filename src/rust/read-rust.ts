import type { Expression, RustItem, RustModule, RustScope, RustType } from './ast.ts'
import { rangesOutsideBodies, type TextRange } from './bodies.ts'
import { childrenOf, Source, type SourceLocation, type SyntaxNode } from './source.ts'
import { declarationRanges, moduleContent } from './syntax/declarations.ts'
import { hasError, hasErrorAfter, parseRust } from './syntax/parse.ts'
import { joinedScopes, ScopeReader } from './syntax/read-items.ts'

/** Parses Rust source text. Function bodies are parsed only when they are needed. */
export function readRust(source: Source): RustScope {
  return readRange(source, rangesOutsideBodies(source.text), { from: 0, to: source.text.length })
}

/** Reads the items inside the body of a function or of a constant, also those of nested blocks. */
export const readBlock = ({ node, source }: Expression): RustScope => new ScopeReader(source).block(node)

/**
 * Reads a part of a source text. The parser continues after a syntax error as well as it can, and may then take the rest of a
 * module for a part of its parent. So a part with an error is read again, one declaration at a time.
 */
function readRange(source: Source, outsideBodies: readonly TextRange[], range: TextRange): RustScope {
  const whole = parseRange(source.text, outsideBodies, range)
  if (!hasError(whole)) return new ScopeReader(source).scope(whole)
  const ranges = declarationRanges(source.text, range)
  const scopes = ranges.map((part) => readDeclaration(source, outsideBodies, part))
  return joinedScopes(scopes)
}

const parseRange = (text: string, outsideBodies: readonly TextRange[], { from, to }: TextRange) =>
  parseRust(
    text,
    outsideBodies
      .map((range) => ({ from: Math.max(range.from, from), to: Math.min(range.to, to) }))
      .filter((range) => range.from < range.to),
  )

/**
 * Parses a declaration. The grammar knows `::<` only in expressions, so a declaration with an error, such as a field of type
 * `Option::<u8>`, is parsed once more with `<` instead.
 */
function parseDeclaration(source: Source, outsideBodies: readonly TextRange[], range: TextRange): SyntaxNode {
  const tree = parseRange(source.text, outsideBodies, range)
  if (!hasError(tree) || !source.text.slice(range.from, range.to).includes('::<')) return tree
  const withoutColons = parseRange(source.text.replaceAll('::<', '  <'), outsideBodies, range)
  return hasError(withoutColons) ? tree : withoutColons
}

function readDeclaration(source: Source, outsideBodies: readonly TextRange[], range: TextRange): RustScope {
  const tree = parseDeclaration(source, outsideBodies, range)
  const reader = new ScopeReader(source)
  if (!hasError(tree)) return reader.scope(tree)
  const content = moduleContent(source.text, range)
  if (content) {
    const head = parseRange(
      source.text,
      [
        { from: range.from, to: content.from },
        { from: content.to, to: range.to },
      ],
      range,
    )
    const scope = reader.scope(head)
    const [module] = scope.modules
    if (module && !hasError(head)) {
      const inner = readRange(source, outsideBodies, content)
      const modules: RustModule[] = [{ ...module, scope: inner }]
      return { ...scope, modules, errors: inner.errors }
    }
  }
  const scope = reader.scope(tree)
  const at = { file: source.file, line: source.lineAt(firstCode(source.text, range)) }
  const first = childrenOf(tree).find(({ name }) => name.endsWith('Item'))
  const isIntact = first !== undefined && !hasErrorAfter(tree, first.from)
  const items = scope.items.map((item) => (isIntact ? item : { ...item, isBroken: true }))
  return { ...scope, items: [...items, ...missingItem(source, range, scope, at)], errors: [at] }
}

/** The item that a broken declaration declares, if the parser did not find it. Its content is unknown. */
function missingItem(source: Source, { from, to }: TextRange, scope: RustScope, at: SourceLocation): RustItem[] {
  const text = source.text.slice(from, to)
  const name = /\b(?:struct|enum|union|type|trait)\s+(?:r#)?([\p{L}_][\p{L}\p{N}_]*)/u.exec(text)?.[1]
  if (name === undefined || scope.items.some((item) => item.name === name)) return []
  const item = { name, generics: [], attributes: [], location: at, visibility: 'everywhere', isBroken: true } as const
  return [{ ...item, kind: 'struct', fields: { kind: 'unit', fields: [] } }]
}

/** The offset of the first character of a range that is not white space. */
const firstCode = (text: string, { from }: TextRange): number => from + (/\S/.exec(text.slice(from))?.index ?? 0)

/** Parses a type such as `Vec<Order>` from an attribute or the command line. `undefined` for invalid text. */
export function readRustType(text: string, location: SourceLocation): RustType | undefined {
  const { items, errors } = readRust(new Source(location.file, `type T = ${text};`, location.line))
  const [item, ...more] = items
  return item?.kind === 'alias' && !item.isBroken && more.length + errors.length === 0 ? item.type : undefined
}
