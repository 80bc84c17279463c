import { parser } from '@lezer/rust'
import { oneLine } from '../rust-text.ts'

/**
 * Adds an item such as `pub mod order;` to the source text of a Rust module: in alphabetical order among the items of the
 * same kind, as rustfmt does, or at the end if there are none. Returns the text unchanged if it already has the item, and
 * `undefined` if the text is not valid Rust.
 */
export function addRustItem(text: string, item: string): string | undefined {
  const { topNode } = parser.parse(text)
  const kindOf = (source: string) => parser.parse(source).topNode.firstChild?.name
  const kind = kindOf(item)
  let insertAt: number | undefined
  let lastEnd: number | undefined
  let isBroken = false
  let hasItem = false
  for (let node = topNode.firstChild; node !== null; node = node.nextSibling) {
    // In `#[cfg(test)] mod tests;` the module is a child of the attribute.
    const bare = node.name === 'AttributeItem' ? (node.lastChild ?? node) : node
    if (node.type.isError) isBroken = true
    if (bare.name !== kind) continue
    const found = text.slice(bare.from, bare.to)
    if (oneLine(found) === oneLine(item)) hasItem = true
    if (oneLine(found) > oneLine(item)) insertAt ??= node.from
    lastEnd = node.to
  }
  if (isBroken || kind === undefined) return undefined
  if (hasItem) return text
  if (insertAt !== undefined) return `${text.slice(0, insertAt)}${item}\n${text.slice(insertAt)}`
  if (lastEnd !== undefined) {
    const lineEnd = text.indexOf('\n', lastEnd)
    const end = lineEnd === -1 ? text.length : lineEnd
    return `${text.slice(0, end)}\n${item}${text.slice(end)}`
  }
  const gap = text === '' ? '' : '\n\n'
  return `${text.trimEnd()}${gap}${item}\n`
}
