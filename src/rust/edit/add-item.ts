import { parser } from '@lezer/rust'
import { oneLine } from '../rust-text.ts'

/**
 * Adds an item such as `pub mod order;` to the source text of a Rust module: in alphabetical order among the items of its
 * kind, as rustfmt does, else at the end. Returns the text unchanged if it already has the item, and
 * `undefined` if the text is not valid Rust.
 */
export function addRustItem(text: string, item: string): string | undefined {
  const { topNode } = parser.parse(text)
  const kindOf = (source: string) => parser.parse(source).topNode.firstChild?.name
  const kind = kindOf(item)
  let before: number | undefined
  let last: number | undefined
  let isBroken = false
  let isThere = false
  for (let node = topNode.firstChild; node !== null; node = node.nextSibling) {
    // In `#[cfg(test)] mod tests;` the module is a child of the attribute.
    const bare = node.name === 'AttributeItem' ? (node.lastChild ?? node) : node
    if (node.type.isError) isBroken = true
    if (bare.name !== kind) continue
    const found = text.slice(bare.from, bare.to)
    if (oneLine(found) === oneLine(item)) isThere = true
    if (oneLine(found) > oneLine(item)) before ??= node.from
    last = node.to
  }
  if (isBroken || kind === undefined) return undefined
  if (isThere) return text
  if (before !== undefined) return `${text.slice(0, before)}${item}\n${text.slice(before)}`
  if (last !== undefined) {
    const rest = text.indexOf('\n', last)
    const end = rest === -1 ? text.length : rest
    return `${text.slice(0, end)}\n${item}${text.slice(end)}`
  }
  const gap = text === '' ? '' : '\n\n'
  return `${text.trimEnd()}${gap}${item}\n`
}
