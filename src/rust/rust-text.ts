import type { Expression } from './ast.ts'

/** Removes the prefix of a raw identifier: the name of `r#type` is `type`. */
export const identifierText = (name: string): string => (name.startsWith('r#') ? name.slice(2) : name)

export const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim()

/** Formats a type as people write it, even if a macro joined its tokens with spaces: `<Km as Unit>::Raw`. */
export const typeText = (text: string): string =>
  oneLine(text)
    .replaceAll(/(?<!\b(?:dyn|as|mut|impl|const)) ?:: ?/g, '::')
    .replaceAll(/ ?< ?/g, '<')
    .replaceAll(/([([&]) /g, '$1')
    .replaceAll(/ ([)\],;>])/g, '$1')
    .replaceAll(/,(?=\S)/g, ', ')

/** Removes the whitespace of a type that has no meaning, so that types can be compared as text. */
export const comparableText = (text: string): string => oneLine(text).replaceAll(/ ?([^\w ]) ?/g, '$1')

/** The last segment of a path: `Placed` of `OrderEvent::Placed`. */
export const lastSegment = (path: string): string => path.slice(path.lastIndexOf(':') + 1).trim()

/** Returns the content of a string literal, raw or not, without escapes. `undefined` for any other expression. */
export function stringValue({ node, source }: Expression): string | undefined {
  const text = source.textOf(node)
  if (node.name === 'RawString') return /^r(#*)"([\s\S]*)"\1$/.exec(text)?.[2]
  if (node.name !== 'String' || !text.startsWith('"')) return undefined
  const inner = text.slice(1, -1)
  return inner.replaceAll(/\\(?:\r?\n\s*|x([0-9a-fA-F]{2})|u\{([0-9a-fA-F_]+)\}|(.))/g, (_, byte, code, character) => {
    if (byte ?? code) return String.fromCodePoint(Number.parseInt((byte ?? code).replaceAll('_', ''), 16))
    return character === undefined ? '' : ({ n: '\n', r: '\r', t: '\t', 0: '\0' }[character as string] ?? character)
  })
}
