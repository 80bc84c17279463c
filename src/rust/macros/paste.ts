import type { RustInvocation } from '../ast.ts'
import { type Token, tokensInside } from './tokens.ts'
import { transcribe } from './transcribe.ts'

export const isPaste = ({ name }: RustInvocation): boolean => /(^|::)paste(::item)?$/.test(name)

/** Thrown at a name that crbus cannot join. `expandPaste` catches it. */
class UnknownPart extends Error {}

/**
 * Expands `paste! { struct [<Sending $Phase>]; }`: the words between `[<` and `>]` become one name. `undefined` if a name has a part
 * that crbus does not know, such as `env!("NAME")`.
 */
export function expandPaste({ tokens }: RustInvocation): string | undefined {
  try {
    return transcribe(pasted(tokensInside(tokens)))
  } catch (error) {
    if (error instanceof UnknownPart) return undefined
    throw error
  }
}

function pasted(tokens: readonly Token[]): Token[] {
  const result: Token[] = []
  for (const token of tokens) {
    const words = token.text === '[' ? wordsToJoin(token.group) : undefined
    if (words) result.push({ text: joinedName(words), group: undefined, kind: 'name' })
    // The macro joins the texts of documentation too, which says nothing about the bytes.
    else if (token.text === '[' && token.group?.[0]?.text === 'doc' && result.at(-1)?.text === '#') result.pop()
    else result.push(token.group ? { ...token, group: pasted(token.group) } : token)
  }
  return result
}

/** The words of `[<…>]`. `undefined` for other brackets, such as those of the slice `[<T as Trait>::Item]`. */
function wordsToJoin(group: readonly Token[] | undefined): readonly Token[] | undefined {
  if (group?.[0]?.text !== '<') return undefined
  const end = group.findIndex(({ text }) => text === '>')
  return end > 1 && end === group.length - 1 ? group.slice(1, end) : undefined
}

function joinedName(words: readonly Token[]): string {
  const parts: string[] = []
  for (let at = 0; at < words.length; at += 1) {
    const { text, kind } = words[at] as Token
    const convert = text === ':' ? conversions[words[at + 1]?.text ?? ''] : undefined
    const last = convert && parts.pop()
    if (convert && last !== undefined) {
      parts.push(convert(last))
      at += 1
    } else if (kind === 'name' && !text.startsWith('r#')) parts.push(text)
    else if (/^(?:\d\w*|"\w*")$/.test(text)) parts.push(text.replaceAll('"', ''))
    else throw new UnknownPart()
  }
  return parts.join('')
}

/** What a word before `:lower`, `:upper`, `:snake` or `:camel` becomes, as in the source of paste 1.0. */
const conversions: Readonly<Record<string, (word: string) => string>> = {
  lower: (word) => word.toLowerCase(),
  upper: (word) => word.toUpperCase(),
  snake: (word) => word.replaceAll(/(?<=[^_])(?=\p{Lu})/gu, '_').toLowerCase(),
  camel: (word) =>
    word
      .replaceAll(/(?<=\p{Lu})[^_]/gu, (letter) => letter.toLowerCase())
      .replaceAll(/(?:^|_)_*([^_])/gu, (_, letter: string) => letter.toUpperCase())
      .replace(/_+$/, ''),
}
