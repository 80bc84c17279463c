import { parser } from '@lezer/rust'

/**
 * A Rust module with one item more, such as `pub mod order;`: among those of its kind and in their order, where rustfmt
 * would put it, else at the end. A module that has it stays as it is; so does one whose text is no Rust (`undefined`).
 */
export function addRustItem(text: string, item: string): string | undefined {
  const { topNode } = parser.parse(text)
  const kindOf = (source: string) => parser.parse(source).topNode.firstChild?.name
  const kind = kindOf(item)
  let [before, last, isBroken, isThere]: [number | undefined, number | undefined, boolean, boolean] = [
    undefined,
    undefined,
    false,
    false,
  ]
  for (let node = topNode.firstChild; node !== null; node = node.nextSibling) {
    // `#[cfg(test)] mod tests;` is a module behind an attribute.
    const bare = node.name === 'AttributeItem' ? (node.lastChild ?? node) : node
    if (node.type.isError) isBroken = true
    if (bare.name !== kind) continue
    const found = text.slice(bare.from, bare.to)
    if (squeezed(found) === squeezed(item)) isThere = true
    if (squeezed(found) > squeezed(item)) before ??= node.from
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

const squeezed = (text: string): string => text.replaceAll(/\s+/g, ' ')
