import type { Expression, RustFunction, RustVariant } from '../../../rust/ast.ts'
import { effective } from '../../../rust/attributes.ts'
import { constValue } from '../../../rust/const-value.ts'
import { readRust } from '../../../rust/read-rust.ts'
import { lastSegment, stringValue } from '../../../rust/rust-text.ts'
import { childOf, childrenOf, Source, type SyntaxNode } from '../../../rust/source.ts'
import type { Item, Module } from '../crates/module.ts'
import type { Lowering } from '../lowering/lowering.ts'
import { EVENT_TYPE_FUNCTIONS } from './event-enums.ts'
import { matchPattern, type PatternMatch } from './match-pattern.ts'
import { strumText } from './strum-text.ts'
import { concatenated, MAX_TEXTS, UNKNOWN, type Value } from './text-values.ts'

/** The event types that `event_type()` may return for a variant. A variant that is a command has none. */
export interface VariantType {
  /** The event types. `isDefault` is true if only `_` arms return the text. */
  readonly texts: readonly { readonly text: string; readonly isDefault: boolean }[]
  /** `event_type()` may return the event type of the enum inside the variant. */
  readonly isInner: boolean
  /** `event_type()` may return other event types, which could not be evaluated. */
  readonly isIncomplete: boolean
}

/** The context in which an expression is evaluated. */
interface Scope {
  readonly variant: RustVariant
  /** The possible values of each variable. */
  readonly variables: ReadonlyMap<string, readonly Value[]>
  /** The names of the functions on the call stack. */
  readonly calls: readonly string[]
  /** The nesting of evaluated expressions, which has a limit. */
  readonly depth: number
}

/** Methods and functions that return the text that they are given, possibly as another type. */
const conversions = new Set(['to_string', 'to_owned', 'into', 'as_str', 'as_ref', 'clone'])
const constructors = new Set(['String::from', 'Cow::Borrowed', 'Cow::from', 'Arc::from', 'Box::from', 'Some'])

/** Limits for each variant, which guard against endless evaluation. Real `event_type()` functions stay far below them. */
const MAX_STEPS = 10_000
const MAX_DEPTH = 20

/**
 * Evaluates `event_type()` for a variant: an abstract interpreter that follows every branch that the variant may take. It
 * understands matches, conditions, texts, `format!`, constants and calls of the enum's own functions.
 */
export class EventTypeEvaluator {
  readonly #item: Item
  readonly #module: Module
  readonly #lowering: Lowering
  /** The function that returns the event type, such as `event_type`. */
  readonly #functionName: string
  #steps = 0

  constructor(item: Item, module: Module, lowering: Lowering, functionName: string) {
    this.#item = item
    this.#module = module
    this.#lowering = lowering
    this.#functionName = functionName
  }

  /** Evaluates the body of the function for a variant. */
  typeOf(variant: RustVariant, body: Expression): VariantType {
    this.#steps = 0
    const texts = new Map<string, boolean>()
    const values = this.#values(body, { variant, variables: new Map(), calls: [this.#functionName], depth: 0 })
    for (const value of values) {
      if (value.kind === 'text') texts.set(value.text, (texts.get(value.text) ?? true) && value.isDefault === true)
    }
    return {
      texts: [...texts].map(([text, isDefault]) => ({ text, isDefault })),
      isInner: values.some(({ kind }) => kind === 'delegated'),
      isIncomplete: values.some(({ kind }) => kind !== 'text' && kind !== 'delegated'),
    }
  }

  /** The possible values of an expression. */
  #values(expression: Expression | undefined, scope: Scope): readonly Value[] {
    this.#steps += 1
    if (!expression || scope.depth > MAX_DEPTH || this.#steps > MAX_STEPS) return UNKNOWN
    const { node, source } = expression
    const parts = childrenOf(node)
    const at = (part: SyntaxNode | undefined): Expression | undefined => part && { node: part, source }
    switch (node.name) {
      case 'String':
      case 'RawString': {
        const text = stringValue(expression)
        return text === undefined ? UNKNOWN : [{ kind: 'text', text }]
      }
      // Integers occur as arguments of `format!`.
      case 'Integer': {
        const literal = constValue(expression, { constant: () => undefined, type: () => undefined })
        return literal === undefined ? UNKNOWN : [{ kind: 'text', text: String(literal.value) }]
      }
      case 'Block':
        return this.#block(parts, source, scope)
      case 'ParenthesizedExpression':
        return this.#values(at(parts[1]), scope)
      case 'ExpressionStatement':
        return this.#values(at(parts.find(({ name }) => name !== 'Attribute')), scope)
      case 'ReturnExpression':
      case 'ReferenceExpression':
        return this.#values(at(parts.at(-1)), scope)
      case 'MatchExpression':
        return this.#match(parts, source, scope)
      case 'IfExpression':
        return this.#if(parts, source, scope)
      case 'CallExpression':
        return this.#call(parts, source, scope)
      case 'MacroInvocation':
        return this.#macro(parts, source, scope)
      case 'Identifier':
      case 'ScopedIdentifier':
        return this.#nameOrPath(source.textOf(node).replaceAll(/\s+/g, ''), scope)
      default:
        return UNKNOWN
    }
  }

  /** Evaluates a block: its `let` declarations, the values that it returns early, and its last expression. */
  #block(parts: readonly SyntaxNode[], source: Source, scope: Scope): readonly Value[] {
    let inner = scope
    const earlyReturns: Value[] = []
    const statements = parts.filter(({ name }) => !/^[{};]$/.test(name))
    const last = statements.findLast(({ name }) => name === 'ExpressionStatement' || name === 'MacroInvocation')
    for (const part of statements) {
      if (part === last) continue
      const name = childOf(part, 'BoundIdentifier')
      const pieces = childrenOf(part)
      if (part.name !== 'LetDeclaration') {
        if (!has(part, 'ReturnExpression')) continue
        const [statement] = pieces
        if (statement?.name !== 'IfExpression') earlyReturns.push(...UNKNOWN)
        else if (this.#addReturns(childrenOf(statement), source, inner, earlyReturns)) return earlyReturns
        continue
      }
      if (has(part, 'ReturnExpression')) earlyReturns.push(...UNKNOWN)
      const node = pieces[pieces.findIndex((piece) => piece.name === '=') + 1]
      const values = name && node ? this.#values({ node, source }, deeper(inner)) : UNKNOWN
      if (name) inner = { ...inner, variables: new Map([...inner.variables, [source.textOf(name), values]]) }
    }
    return [...earlyReturns, ...(last ? this.#values({ node: last, source }, deeper(inner)) : UNKNOWN)]
  }

  /** Adds the values that the branches of an `if` return early. Returns true if it is certain that one of them returns. */
  #addReturns(parts: readonly SyntaxNode[], source: Source, scope: Scope, found: Value[]): boolean {
    const [, condition, then, , otherwise] = parts
    const holds = this.#ifLetHolds(condition, source, scope)
    if (then && holds !== 'never' && has(then, 'ReturnExpression')) {
      found.push(...this.#values({ node: then, source }, deeper(scope)))
      if (holds === 'always') return true
    }
    if (!otherwise || holds === 'always' || !has(otherwise, 'ReturnExpression')) return false
    const isIf = otherwise.name === 'IfExpression'
    if (isIf) return this.#addReturns(childrenOf(otherwise), source, scope, found)
    found.push(...this.#values({ node: otherwise, source }, deeper(scope)))
    return holds === 'never'
  }

  /**
   * Evaluates an `if` as the values of its branches, except those that cannot be taken. `parts`: `if`, condition, block,
   * `else`, block.
   */
  #if(parts: readonly SyntaxNode[], source: Source, scope: Scope): readonly Value[] {
    const [, condition, then, , otherwise] = parts
    const holds = this.#ifLetHolds(condition, source, scope)
    const values: Value[] = []
    if (then && holds !== 'never') values.push(...this.#values({ node: then, source }, deeper(scope)))
    if (holds !== 'always') {
      values.push(...(otherwise ? this.#values({ node: otherwise, source }, deeper(scope)) : UNKNOWN))
    }
    return values
  }

  /** Whether a condition `let PATTERN = self` is true for the variant. Any other condition is open: it may be true or false. */
  #ifLetHolds(condition: SyntaxNode | undefined, source: Source, scope: Scope): 'always' | 'never' | 'open' {
    if (condition?.name !== 'LetDeclaration') return 'open'
    const parts = childrenOf(condition).filter(({ name }) => name !== 'let')
    const equals = parts.findIndex(({ name }) => name === '=')
    const [pattern, subject] = [parts[0], parts[equals + 1]]
    if (!pattern || !subject || !isSelf(source.textOf(subject), scope)) return 'open'
    const match = matchPattern(pattern, source, scope.variant, this.#item)
    return !match ? 'never' : match.isSure ? 'always' : 'open'
  }

  #match(parts: readonly SyntaxNode[], source: Source, scope: Scope): readonly Value[] {
    const [, subject, block] = parts
    if (!subject || !block) return UNKNOWN
    const isOnSelf = isSelf(source.textOf(subject), scope)
    // In a match on another expression, such as a field, every arm may be taken.
    if (!isOnSelf && !isFieldOf(subject, source, scope)) return UNKNOWN
    const values: Value[] = []
    for (const arm of childrenOf(block)) {
      if (arm.name !== 'MatchArm') continue
      const pieces = childrenOf(arm).filter(({ name }) => name !== 'Attribute' && name !== ',')
      const arrow = pieces.findIndex(({ name }) => name === '=>')
      const [pattern, guard] = pieces.slice(0, arrow)
      const result = pieces[arrow + 1]
      if (!pattern || !result) return UNKNOWN
      const match: PatternMatch | undefined = isOnSelf
        ? matchPattern(pattern, source, scope.variant, this.#item)
        : { isDefault: false, isSure: false }
      if (!match) continue
      const variables = new Map(scope.variables)
      if (match.payloadVariable !== undefined) variables.set(match.payloadVariable, [{ kind: 'inner' }])
      if (match.selfVariable !== undefined) variables.set(match.selfVariable, [{ kind: 'self' }])
      const results = this.#values({ node: result, source }, { ...deeper(scope), variables })
      // `other => format!("{}.v1", other.name())` differs for each variant, so it is not a default.
      const { selfVariable } = match
      const isDefault = match.isDefault && !(selfVariable !== undefined && source.textOf(result).includes(selfVariable))
      values.push(...results.map((value) => (value.kind === 'text' && isDefault ? { ...value, isDefault } : value)))
      // A later arm may be taken if this one has a guard or depends on the values of fields, which are unknown here.
      if (match.isSure && !guard) break
    }
    return values.length > 0 && values.length <= MAX_TEXTS ? values : UNKNOWN
  }

  #call(parts: readonly SyntaxNode[], source: Source, scope: Scope): readonly Value[] {
    const [callee, args] = parts
    if (!callee || !args) return UNKNOWN
    const [argument] = childrenOf(args).filter(({ name }) => !/^[(),]$/.test(name))
    if (callee.name === 'FieldExpression') {
      const [receiver, method] = childrenOf(callee)
      if (!receiver || !method) return UNKNOWN
      const name = source.textOf(method)
      if (isSelf(source.textOf(receiver), scope)) return this.#callOnSelf(name, scope)
      return this.#values({ node: receiver, source }, deeper(scope)).flatMap((value): readonly Value[] => {
        // A method such as `as_ref` may return the payload itself, so the payload stays the value.
        if (value.kind === 'inner')
          return EVENT_TYPE_FUNCTIONS.includes(name) || name === this.#functionName ? [{ kind: 'delegated' }] : [value]
        return conversions.has(name) ? [value] : UNKNOWN
      })
    }
    const path = source.textOf(callee).replaceAll(/\s+/g, '')
    const given = argument && { node: argument, source }
    if (constructors.has(path) || [...constructors].some((name) => path.endsWith(`::${name}`)))
      return this.#values(given, deeper(scope))
    const name = lastSegment(path)
    if (given && isSelf(source.textOf(given.node), scope)) return this.#callOnSelf(name, scope)
    return this.#values(given, deeper(scope)).flatMap((value): readonly Value[] =>
      value.kind === 'inner' && name === this.#functionName ? [{ kind: 'delegated' }] : UNKNOWN,
    )
  }

  /** Evaluates a call of another function of the enum, or of a method that strum derives. */
  #callOnSelf(name: string, scope: Scope): readonly Value[] {
    // A recursive call adds no further values.
    if (scope.calls.includes(name)) return []
    for (const { impl } of this.#lowering.impls.of(this.#item)) {
      const found: RustFunction | undefined = impl.functions.find((one) => one.name === name)
      if (found?.body)
        return this.#values(found.body, { ...deeper(scope), variables: new Map(), calls: [...scope.calls, name] })
    }
    const attributes = effective(this.#item.rust.attributes, this.#lowering.cfg.of(this.#item.module.crate)).list
    const text = strumText(name, scope.variant, attributes, this.#lowering.derivesOf(this.#item))
    return text === undefined ? UNKNOWN : [{ kind: 'text', text }]
  }

  /** Evaluates `format!("{}.v{}", …)`, `concat!` and `stringify!`. */
  #macro(parts: readonly SyntaxNode[], source: Source, scope: Scope): readonly Value[] {
    const [path] = parts
    const group = parts.find(({ name }) => name.endsWith('Tokens'))
    if (!path || !group) return UNKNOWN
    const name = lastSegment(source.textOf(path))
    const args = macroArguments(childrenOf(group).slice(1, -1))
    const valuesOf = (tokens: readonly SyntaxNode[]): readonly Value[] => {
      const [first, last] = [tokens[0], tokens.at(-1)]
      const [only, ...more] = tokens
      if (only && more.length === 0) return this.#values({ node: only, source }, deeper(scope))
      const text = first && last && source.text.slice(first.from, last.to)
      return text === undefined ? UNKNOWN : this.#values(expressionOf(text, source.file), deeper(scope))
    }
    if (name === 'concat') return concatenated(args.map(valuesOf))
    const [[token, ...moreTokens] = []] = args
    if (name === 'stringify' && token && moreTokens.length === 0) return [{ kind: 'text', text: source.textOf(token) }]
    const [[template] = [], ...rest] = args
    const text = template && stringValue({ node: template, source })
    if (name !== 'format' || text === undefined) return UNKNOWN
    const named = new Map<string, readonly SyntaxNode[]>()
    for (const [index, tokens] of rest.entries()) {
      const [key, equals] = tokens
      if (key && equals?.name === '=') named.set(source.textOf(key), tokens.slice(2))
      else named.set(String(index), tokens)
    }
    let next = 0
    // The capturing group makes every second piece the name or number of a placeholder.
    const pieces = text.split(/\{([A-Za-z0-9_]*)\}/).map((piece, index): readonly Value[] => {
      if (index % 2 === 0) return /[{}]/.test(piece) ? UNKNOWN : [{ kind: 'text', text: piece }]
      const key = piece === '' ? String(next++) : piece
      const tokens = named.get(key)
      if (tokens) return valuesOf(tokens)
      return /^\d/.test(key) ? UNKNOWN : this.#values(expressionOf(key, source.file), deeper(scope))
    })
    return concatenated(pieces)
  }

  /** Evaluates the name of a variable or the path of a constant. */
  #nameOrPath(path: string, scope: Scope): readonly Value[] {
    const variable = scope.variables.get(path)
    if (variable) return variable
    const steps = path.split('::')
    const [first = '', second] = steps
    if (first === 'Self' && second !== undefined) {
      for (const { impl } of this.#lowering.impls.of(this.#item)) {
        const value = impl.consts.find(({ name }) => name === second)?.value
        if (value) return this.#values(value, deeper(scope))
      }
    }
    const found = this.#lowering.names.find(this.#module, steps, 'value')
    return found?.kind === 'const' ? this.#values(found.value.value, deeper(scope)) : UNKNOWN
  }
}

/** Whether an expression uses neither `self` nor a known variable, but only values of fields, which may have any value. */
function isFieldOf(subject: SyntaxNode, source: Source, { variables }: Scope): boolean {
  let isField = true
  subject.cursor().iterate(({ name, from, to }) => {
    const text = source.text.slice(from, to)
    if (name === 'self' || text === 'self') isField = false
    if (name === 'Identifier' && variables.get(text)?.some(({ kind }) => kind !== 'inner')) isField = false
  })
  return isField
}

/** Splits the tokens of a macro call into its arguments. */
function macroArguments(tokens: readonly SyntaxNode[]): SyntaxNode[][] {
  const all: SyntaxNode[][] = [[]]
  for (const token of tokens) {
    if (token.name === ',') all.push([])
    else all.at(-1)?.push(token)
  }
  return all.filter((one) => one.length > 0)
}

/** Whether a syntax node contains a node with this name, at any depth. */
function has(node: SyntaxNode, name: string): boolean {
  let found = false
  node.cursor().iterate((part) => {
    found ||= part.name === name
  })
  return found
}

const deeper = (scope: Scope): Scope => ({ ...scope, depth: scope.depth + 1 })

/** Whether an expression is `self`, `*self`, `&self`, or a variable bound to it. */
function isSelf(text: string, { variables }: Scope): boolean {
  const name = /^[&*\s(]*(\w+)\s*\)*$/.exec(text)?.[1]
  return name === 'self' || (name !== undefined && variables.get(name)?.every(({ kind }) => kind === 'self') === true)
}

/**
 * Parses an expression: the name in a placeholder such as `{name}`, or several tokens of a macro. `fn f` only makes it
 * valid Rust.
 */
function expressionOf(text: string, file: string): Expression | undefined {
  const body = readRust(new Source(file, `fn f() { ${text} }`)).functions[0]?.body
  const statement = body && childOf(body.node, 'ExpressionStatement')
  return body && statement && { node: statement, source: body.source }
}
