import type { RustInvocation, RustMacro } from '../ast.ts'
import { type Token, tokensInside } from './tokens.ts'
import { type Bindings, type Bound, repetitionAt, transcribe } from './transcribe.ts'

/** The maximum length of an expansion in characters. Generated bindings of large crates stay below it. */
const MAX_EXPANSION = 4_000_000

/** A macro, and the path of its crate as seen by the caller: `crate` or `::shared`. */
export interface CalledMacro {
  readonly macro: RustMacro
  readonly crate: string
}

/**
 * Expands a call of a `macro_rules!` macro with the first rule that matches, to source text. Ignores hygiene, which matters for
 * local variables and not for types. `undefined` if no rule matches, or if the expansion is too long.
 */
export function expandMacro({ tokens }: RustInvocation, { macro, crate }: CalledMacro): string | undefined {
  const input = tokensInside(tokens)
  const cratePath: Token = { text: crate, group: undefined, kind: 'name' }
  for (const { pattern, body } of macro.rules) {
    const found = match(patternOf(tokensInside(pattern)), input, 0)
    if (found && found.at === input.length) {
      const budget = { left: MAX_EXPANSION }
      const text = transcribe(tokensInside(body), new Map([...found.bindings, ['$crate', [cratePath]]]), budget)
      return budget.left > 0 ? text : undefined
    }
  }
  return undefined
}

/** A part of the pattern of a rule. `variable`: `$name:fragment`. `repeat`: `$(parts) separator operator`. */
type Pattern =
  | { readonly kind: 'token'; readonly token: Token }
  | { readonly kind: 'group'; readonly open: string; readonly parts: readonly Pattern[] }
  | { readonly kind: 'variable'; readonly name: string; readonly fragment: string }
  | {
      readonly kind: 'repeat'
      readonly parts: readonly Pattern[]
      readonly separator: string
      readonly operator: string
    }

function patternOf(tokens: readonly Token[]): Pattern[] {
  const parts: Pattern[] = []
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at] as Token
    const next = tokens[at + 1]
    if (token.text === '$' && next?.group) {
      const repetition = repetitionAt(tokens, at + 2)
      parts.push({ kind: 'repeat', parts: patternOf(next.group), ...repetition })
      at += repetition.length + 1
    } else if (token.kind === 'variable' && next?.text === ':' && tokens[at + 2]) {
      parts.push({ kind: 'variable', name: token.text, fragment: (tokens[at + 2] as Token).text })
      at += 2
    } else if (token.group) parts.push({ kind: 'group', open: token.text, parts: patternOf(token.group) })
    else parts.push({ kind: 'token', token })
  }
  return parts
}

interface Match {
  /** The index of the first token after the match. */
  readonly at: number
  readonly bindings: Bindings
}

/** Matches a pattern with the tokens from the index `start` on. `undefined` if they do not match. */
function match(pattern: readonly Pattern[], input: readonly Token[], start: number): Match | undefined {
  const bindings = new Map<string, Bound>()
  let at = start
  for (const [index, part] of pattern.entries()) {
    const token = input[at]
    if (part.kind === 'token') {
      if (token?.text !== part.token.text || token.group) return undefined
      at += 1
    } else if (part.kind === 'group') {
      if (!token?.group || token.text !== part.open) return undefined
      const inner = match(part.parts, token.group, 0)
      if (!inner || inner.at !== token.group.length) return undefined
      for (const [name, bound] of inner.bindings) bindings.set(name, bound)
      at += 1
    } else if (part.kind === 'variable') {
      const end = fragmentEnd(part.fragment, input, at)
      if (end === undefined) return undefined
      bindings.set(part.name, input.slice(at, end))
      at = end
    } else {
      const repeated = matchRepeat(part, input, at, pattern.slice(index + 1))
      for (const name of variablesIn(part.parts)) bindings.set(name, { iterations: repeated.iterations })
      at = repeated.at
    }
  }
  return { at, bindings }
}

function matchRepeat(
  part: Extract<Pattern, { kind: 'repeat' }>,
  input: readonly Token[],
  start: number,
  rest: readonly Pattern[],
): { at: number; iterations: Bindings[] } {
  const iterations: Bindings[] = []
  let at = start
  const follows = rest[0]?.kind === 'token' && rest[0].token.text
  while (at < input.length && !(part.operator === '?' && iterations.length === 1)) {
    let from = at
    if (iterations.length > 0 && part.separator !== '') {
      if (input[at]?.text !== part.separator) break
      from += 1
    }
    // A variable would also match the token that follows the repetition in the pattern.
    else if (part.separator === '' && input[at]?.text === follows && part.parts[0]?.kind === 'variable') break
    const one = match(part.parts, input, from)
    if (!one || one.at === from) break
    iterations.push(one.bindings)
    at = one.at
  }
  return { at, iterations }
}

const variablesIn = (parts: readonly Pattern[]): string[] =>
  parts.flatMap((part) =>
    part.kind === 'variable' ? [part.name] : part.kind === 'token' ? [] : variablesIn(part.parts),
  )

/** Returns the index after the tokens that a variable with this fragment specifier matches. `undefined` if it matches none. */
function fragmentEnd(fragment: string, input: readonly Token[], at: number): number | undefined {
  const token = input[at]
  if (fragment === 'vis') {
    if (token?.text !== 'pub') return at
    // `pub (u8, u16)` is a visibility and a tuple.
    const [first, second] = input[at + 1]?.text === '(' ? (input[at + 1]?.group ?? []) : []
    const isPlace = /^(crate|self|super)$/.test(first?.text ?? '') && second === undefined
    return isPlace || first?.text === 'in' ? at + 2 : at + 1
  }
  if (!token) return undefined
  switch (fragment) {
    case 'ident':
      return token.kind === 'name' && token.text !== '_' ? at + 1 : undefined
    case 'literal':
      if (token.text === '-') return /^\d/.test(input[at + 1]?.text ?? '') ? at + 2 : undefined
      return token.kind === 'literal' || /^(true|false)$/.test(token.text) ? at + 1 : undefined
    case 'lifetime':
      return token.kind === 'lifetime' ? at + 1 : undefined
    case 'block':
      return token.text === '{' && token.group ? at + 1 : undefined
    case 'tt':
      return at + 1
    case 'item':
      return itemEnd(input, at)
    case 'meta': {
      let end = at
      while (end < input.length && input[end]?.text !== ',') end += 1
      return end
    }
    case 'ty':
    case 'path': {
      if (!beginsType(token)) return undefined
      let depth = 0
      let end = at
      for (; end < input.length; end += 1) {
        const { text } = input[end] as Token
        if (depth === 0 && /^(,|;|=>|=|\{|:|\||as|where)$/.test(text)) break
        depth += text === '<' ? 1 : text === '>' ? -1 : text === '>>' ? -2 : text === '<<' ? 2 : 0
      }
      return end > at ? end : undefined
    }
    default: {
      let end = at
      while (end < input.length && !/^(,|;|=>)$/.test(input[end]?.text ?? '')) end += 1
      return end > at ? end : undefined
    }
  }
}

/** The words that do not begin a type. */
const notTypes =
  /^(as|break|const|continue|else|enum|false|if|in|let|loop|match|mod|move|mut|pub|ref|return|static|struct|trait|true|type|use|where|while)$/

/** Whether a type may begin with a token. Otherwise Rust tries the next rule. */
const beginsType = ({ kind, text, group }: Token): boolean =>
  group
    ? text !== '{'
    : kind === 'name'
      ? !notTypes.test(text)
      : kind === 'lifetime' || /^(<|<<|::|&|!|\*|\?)$/.test(text)

/** The index after an item, which ends with a semicolon or with braces. */
function itemEnd(input: readonly Token[], at: number): number | undefined {
  const endsWithSemicolon = /^(use|const|static|type)$/
  let isValue = false
  for (let index = at; index < input.length; index += 1) {
    const { text, group } = input[index] as Token
    isValue ||= endsWithSemicolon.test(text) && input[index + 1]?.text !== 'fn'
    if (text === ';' || (text === '{' && group && !isValue)) return index + 1
  }
  return undefined
}
