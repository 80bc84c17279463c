import type { RustInvocation, RustMacro, Source, SyntaxNode } from './syntax.ts'

/** A macro that is called, and the path by which the caller knows the crate it is of: `crate`, `::shared`. */
export interface CalledMacro {
  readonly macro: RustMacro
  readonly crate: string
}

/** A token, or a group in brackets with what is in it. */
interface Token {
  readonly text: string
  readonly group: readonly Token[] | undefined
  readonly kind: string
}

/** What a variable of a pattern stands for: tokens, or a list for each time a repetition matched. */
type Bound = readonly Token[] | { readonly times: readonly Bindings[] }
type Bindings = ReadonlyMap<string, Bound>

export const isBitflags = ({ name }: RustInvocation): boolean => /(^|::)bitflags$/.test(name)

/** As much as `macro_rules!` needs for types: no hygiene, and the first rule that fits. `undefined`: none does. */
export function expandMacro({ tokens }: RustInvocation, { macro, crate }: CalledMacro): string | undefined {
  const input = inside(tokens.node, tokens.source)
  const itself: Token = { text: crate, group: undefined, kind: 'name' }
  for (const { pattern, body } of macro.rules) {
    const found = match(patternOf(inside(pattern.node, pattern.source)), input, 0)
    if (found && found.at === input.length)
      return write(inside(body.node, body.source), new Map([...found.bindings, ['$crate', [itself]]]))
  }
  return undefined
}

/** `bitflags! { struct Rights: u8 { … } }`: in bincode a number, whichever version of the crate writes it. */
export function expandBitflags({ tokens }: RustInvocation): string {
  const input = inside(tokens.node, tokens.source)
  const parts: string[] = []
  let start = 0
  for (const [index, token] of input.entries()) {
    if (token.group === undefined || token.text !== '{') continue
    const head = input.slice(start, index)
    const colon = head.findIndex(({ text }, at) => text === ':' && head[at - 2]?.text === 'struct')
    if (colon !== -1) {
      const [before, type] = [head.slice(0, colon), head.slice(colon + 1)]
      parts.push(`${write(before, new Map())} (${write(type, new Map())});`)
    }
    start = index + 1
  }
  return parts.join('\n')
}

export const isCfgIf = ({ name }: RustInvocation): boolean => /(^|::)cfg_if$/.test(name)

/** `cfg_if! { if #[cfg(unix)] { … } else { … } }`: what each branch has, and the attributes it then has. */
export function branchesOfCfgIf({ tokens }: RustInvocation): { attributes: string; body: string }[] {
  const branches: { attributes: string; body: string }[] = []
  const before: string[] = []
  let condition: string | undefined
  for (const { text, group = [] } of inside(tokens.node, tokens.source)) {
    if (text === '[') condition = write(group.find((token) => token.group)?.group ?? [], new Map())
    if (text !== '{') continue
    const own = condition === undefined ? '' : `#[cfg(${condition})]`
    const others = before.length === 0 ? '' : `#[cfg(not(any(${before.join(', ')})))]`
    branches.push({ attributes: own + others, body: write(group, new Map()) })
    if (condition !== undefined) before.push(condition)
    condition = undefined
  }
  return branches
}

const closing: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' }

/** Strings, characters and lifetimes first: they may hold what looks like something else. */
const lexeme =
  /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|(?<string>[bc]?r(?<hashes>#*)"[\s\S]*?"\k<hashes>|[bc]?"(?:[^"\\]|\\[\s\S])*"|b?'(?:[^'\\]|\\[^\n]*?)')|(?<lifetime>'[\p{L}_][\p{L}\p{N}_]*)|(?<variable>\$[\p{L}_][\p{L}\p{N}_]*)|(?<name>(?:r#)?[\p{L}_][\p{L}\p{N}_]*)|(?<number>\d[\w.]*)|(?<sign>::|=>|->|<<|>>|[\s\S])/uy

/** The tree leaves out signs that macros are made of, so their text is taken apart again here. */
function inside(node: SyntaxNode, source: Source): Token[] {
  const stack: { readonly open: string; readonly tokens: Token[] }[] = [{ open: '', tokens: [] }]
  const text = source.text.slice(node.from + 1, node.to - 1)
  lexeme.lastIndex = 0
  for (let found = lexeme.exec(text); found; found = lexeme.exec(text)) {
    const { string, lifetime, variable, name, number, sign } = found.groups ?? {}
    const top = stack.at(-1)
    if (sign !== undefined && closing[sign] !== undefined) stack.push({ open: sign, tokens: [] })
    else if (sign !== undefined && top && sign === closing[top.open]) {
      stack.pop()
      stack.at(-1)?.tokens.push({ text: top.open, group: top.tokens, kind: 'group' })
    } else {
      const kind = string
        ? 'literal'
        : number
          ? 'literal'
          : lifetime
            ? 'lifetime'
            : variable
              ? 'variable'
              : name
                ? 'name'
                : 'sign'
      const written = string ?? lifetime ?? variable ?? name ?? number ?? sign
      if (written !== undefined) top?.tokens.push({ text: written, group: undefined, kind })
    }
  }
  return stack[0]?.tokens ?? []
}

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

/** `,*` behind a repetition. */
function repetitionAt(tokens: readonly Token[], at: number): { separator: string; operator: string; length: number } {
  const first = tokens[at]?.text ?? ''
  if (/^[*+?]$/.test(first)) return { separator: '', operator: first, length: 1 }
  return { separator: first, operator: tokens[at + 1]?.text ?? '*', length: 2 }
}

interface Match {
  readonly at: number
  readonly bindings: Bindings
}

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
      for (const name of variablesIn(part.parts)) bindings.set(name, { times: repeated.times })
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
): { at: number; times: Bindings[] } {
  const times: Bindings[] = []
  let at = start
  const follows = rest[0]?.kind === 'token' && rest[0].token.text
  while (at < input.length && !(part.operator === '?' && times.length === 1)) {
    let from = at
    if (times.length > 0 && part.separator !== '') {
      if (input[at]?.text !== part.separator) break
      from += 1
    } else if (part.separator === '' && input[at]?.text === follows && part.parts[0]?.kind === 'variable') break
    const one = match(part.parts, input, from)
    if (!one || one.at === from) break
    times.push(one.bindings)
    at = one.at
  }
  return { at, times }
}

const variablesIn = (parts: readonly Pattern[]): string[] =>
  parts.flatMap((part) =>
    part.kind === 'variable' ? [part.name] : part.kind === 'token' ? [] : variablesIn(part.parts),
  )

/** Where what a variable takes ends: `undefined` if nothing there is such a thing. */
function fragmentEnd(fragment: string, input: readonly Token[], at: number): number | undefined {
  const token = input[at]
  if (fragment === 'vis') {
    if (token?.text !== 'pub') return at
    return input[at + 1]?.text === '(' ? at + 2 : at + 1
  }
  if (!token) return undefined
  switch (fragment) {
    case 'ident':
      return token.kind === 'name' ? at + 1 : undefined
    case 'literal':
      if (token.text === '-') return at + 2
      return token.kind === 'literal' || /^(true|false)$/.test(token.text) ? at + 1 : undefined
    case 'lifetime':
      return token.kind === 'lifetime' ? at + 1 : undefined
    case 'tt':
    case 'block':
      return at + 1
    case 'meta': {
      let end = at
      while (end < input.length && input[end]?.text !== ',') end += 1
      return end
    }
    case 'ty':
    case 'path': {
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

function write(tokens: readonly Token[], bindings: Bindings): string {
  const parts: string[] = []
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at] as Token
    const next = tokens[at + 1]
    if (token.text === '$' && next?.group) {
      const { separator, length } = repetitionAt(tokens, at + 2)
      parts.push(
        timesOf(next.group, bindings)
          .map((times) => write(next.group ?? [], times))
          .join(` ${separator} `),
      )
      at += length + 1
    } else if (token.kind === 'variable') {
      const bound = bindings.get(token.text)
      parts.push(Array.isArray(bound) ? write(bound as readonly Token[], new Map()) : token.text)
    } else if (token.group) parts.push(`${token.text} ${write(token.group, bindings)} ${closing[token.text]}`)
    else parts.push(token.text)
  }
  return parts.join(' ')
}

/** The bindings of each round of the repetition whose variables the body uses. */
function timesOf(body: readonly Token[], bindings: Bindings): Bindings[] {
  const used = new Set(namesUsed(body))
  for (const [name, bound] of bindings) {
    if (!used.has(name) || Array.isArray(bound)) continue
    const { times } = bound as { readonly times: readonly Bindings[] }
    // Variables from around the repetition may be used within.
    return times.map((round, index) => {
      const merged = new Map([...bindings, ...round])
      for (const [other, outer] of bindings) {
        if (Array.isArray(outer) || !used.has(other)) continue
        const inner = (outer as { readonly times: readonly Bindings[] }).times[index]?.get(other)
        if (inner) merged.set(other, inner)
      }
      return merged
    })
  }
  return []
}

const namesUsed = (tokens: readonly Token[]): string[] =>
  tokens.flatMap((token) => (token.group ? namesUsed(token.group) : token.kind === 'variable' ? [token.text] : []))
