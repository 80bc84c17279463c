import type { Meta } from '../ast.ts'
import { oneLine, stringValue } from '../rust-text.ts'
import { childOf, childrenOf, type Source, type SyntaxNode } from '../source.ts'

/** Reads the attributes of an `AttributeItem` node. */
export const readAttributes = (node: SyntaxNode, source: Source): Meta[] =>
  childrenOf(node).flatMap((child) => (child.name === 'Attribute' ? readAttribute(child, source) : []))

/** Reads one attribute, `#[path(…)]` or `#[path = value]`. Empty for an attribute with a syntax error. */
export function readAttribute(node: SyntaxNode, source: Source): Meta[] {
  const item = childOf(node, 'MetaItem')
  if (!item) return []
  const parts = childrenOf(item)
  const group = parts.find(({ name }) => name.endsWith('Tokens'))
  const path = parts[0] ? oneLine(source.textOf(parts[0])).replaceAll(' ', '') : ''
  const equals = parts.findIndex(({ name }) => name === '=')
  const value = equals === -1 ? undefined : parts[equals + 1]
  return [
    {
      path,
      value: value ? literalText(value, source) : undefined,
      items: group ? readMetas(childrenOf(group).slice(1, -1), source) : [],
      text: oneLine(source.textOf(item)),
      location: source.locationOf(node),
    },
  ]
}

/** Reads the tokens of an attribute as a list of items: `a, b = "c", d(e)`. */
function readMetas(tokens: readonly SyntaxNode[], source: Source): Meta[] {
  const parts: SyntaxNode[][] = [[]]
  for (const token of tokens) {
    if (token.name === ',') parts.push([])
    else parts.at(-1)?.push(token)
  }
  return parts.flatMap((part) => {
    const [first, last] = [part[0], part.at(-1)]
    if (!first || !last) return []
    const equals = part.findIndex(({ name }) => name === '=')
    const group = part.find(({ name }) => name.endsWith('Tokens'))
    const pathEnd = part.findIndex(({ name }) => name === '=' || name.endsWith('Tokens'))
    const path = part.slice(0, pathEnd === -1 ? part.length : pathEnd)
    const value = equals === -1 ? undefined : part.slice(equals + 1)
    const [only, ...more] = value ?? []
    return [
      {
        path: path.map((token) => source.textOf(token)).join(''),
        value:
          only === undefined
            ? undefined
            : more.length === 0
              ? literalText(only, source)
              : source.text.slice(only.from, last.to),
        items: group ? readMetas(childrenOf(group).slice(1, -1), source) : [],
        text: oneLine(source.text.slice(first.from, last.to)),
        location: source.locationOf(first),
      },
    ]
  })
}

const literalText = (node: SyntaxNode, source: Source): string => stringValue({ node, source }) ?? source.textOf(node)
