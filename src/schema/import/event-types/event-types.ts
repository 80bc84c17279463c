import type { Expression, RustFunction, RustVariant } from '../../../rust/ast.ts'
import { effective, Serde } from '../../../rust/attributes.ts'
import { constValue } from '../../../rust/const-value.ts'
import { readRust } from '../../../rust/read-rust.ts'
import { stringValue } from '../../../rust/rust-text.ts'
import { childOf, childrenOf, Source, type SourceLocation, type SyntaxNode } from '../../../rust/source.ts'
import type { Item, Module } from '../crates/crates.ts'
import type { ImportNote } from '../import-report.ts'
import type { Instance } from '../lowering/instances.ts'
import type { Lowering } from '../lowering/lowering.ts'

/** What a service calls its events, and how it was found out. */
export interface EventTypes {
  /** Event type → path of variants. */
  readonly events: Map<string, string>
  readonly notes: readonly ImportNote[]
}

/** In the order they are looked for. */
const functionNames = ['event_type', 'event_name']

/** An event type, the variants it may stand for, and whether only `_` arms give it. */
interface Claim {
  readonly paths: Set<string>
  readonly location: SourceLocation
  isDefault: boolean
}

/** Reads which event type names which variant, through enums that an enum wraps. One of several tells none of them. */
export function eventTypesOf(root: Instance, lowering: Lowering, assume: ReadonlyMap<string, string>): EventTypes {
  const claims = new Map<string, Claim>()
  const notes: ImportNote[] = []
  const note = (location: SourceLocation, text: string) =>
    notes.push({ file: location.file, line: location.line, text })
  const claim = (event: string, path: string, location: SourceLocation, isDefault: boolean) => {
    const known = claims.get(event) ?? { paths: new Set(), location, isDefault }
    known.paths.add(path)
    known.isDefault &&= isDefault
    claims.set(event, known)
  }
  const walk = (instance: Instance, path: readonly string[], above: readonly Instance[]) => {
    const { item, body } = instance
    if (item?.rust.kind !== 'enum' || body?.kind !== 'enum') return
    const { name, location } = item.rust
    const naming = namingOf(item, lowering, assume)
    if (naming.kind === 'name')
      note(location, `${name} has no event_type(): its event types are taken to be {Variant}.v1`)
    for (const variant of item.rust.variants) {
      const written = body.variants.find((one) => one.name === variant.name)
      if (!written) continue
      const steps = [...path, variant.name]
      const type = naming.of(variant)
      const [held, ...more] = written.fields.kind === 'tuple' ? written.fields.items : []
      const inner = held?.kind === 'named' && more.length === 0 ? lowering.instances.byId(held.name) : undefined
      const isWrapper = inner?.item !== undefined && inner.body?.kind === 'enum' && !above.includes(inner)
      const goesOn = type.isInner || (naming.kind === 'name' && inner?.item && isEventLike(inner.item, lowering))
      if (isWrapper && goesOn) walk(inner, steps, [...above, inner])
      if (isWrapper && goesOn && !type.isInner) continue
      for (const { text, isDefault } of type.texts) {
        // What a variant has beside event types of its own is one of them.
        const isOnlyDefault = isDefault && type.texts.every((one) => one.isDefault)
        claim(text, steps.join('.'), variant.location, isOnlyDefault)
      }
      if (!type.isUnread && (isWrapper || !type.isInner)) continue
      const read = type.texts.map(({ text }) => text)
      if (read.length > 0) {
        const text = `event_type() may give ${name}::${variant.name} more than ${listed(read)}, which could not be read`
        note(variant.location, text)
        continue
      }
      const fallback = `${variant.name}.v1`
      note(
        variant.location,
        `what event_type() gives for ${name}::${variant.name} could not be read; it is taken to be ${fallback}`,
      )
      claim(fallback, steps.join('.'), variant.location, false)
    }
  }
  walk(root, [], [root])
  const events = new Map<string, string>()
  for (const [event, { paths, location, isDefault }] of claims) {
    const [only, ...others] = paths
    if (only !== undefined && others.length > 0) {
      note(location, `${event} is the event type of ${listed([...paths])}: it tells no variant`)
    } else if (only !== undefined && !isDefault) events.set(event, only)
  }
  return { events, notes }
}

/** More than these are counted. */
const mostListed = 8

/** `Create, Cancel and Ping`. */
function listed(names: readonly string[]): string {
  const shown = names.length > mostListed ? names.slice(0, mostListed - 1) : names
  const parts = shown.length < names.length ? [...shown, `${names.length - shown.length} others`] : shown
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
}

/** Whether an enum shows that it is one of events: by what it derives, implements or is called. */
export const isEventLike = (item: Item, lowering: Lowering): boolean =>
  hasEventTypes(item, lowering) || /(Event|Events|Action)$/.test(item.rust.name)

export function hasEventTypes(item: Item, lowering: Lowering): boolean {
  if (lowering.derivesOf(item).includes('Action')) return true
  return lowering.impls.of(item).some(({ impl }) => {
    const trait = impl.trait?.kind === 'path' ? impl.trait.segments.at(-1)?.name : undefined
    return (
      trait === 'Event' || trait === 'DomainEvent' || impl.functions.some(({ name }) => functionNames.includes(name))
    )
  })
}

/** All that `event_type()` may give for a variant; nothing for a command. */
interface VariantType {
  /** `isDefault`: it is what a `_` arm gives. */
  readonly texts: readonly { readonly text: string; readonly isDefault: boolean }[]
  /** That of the enum it holds. */
  readonly isInner: boolean
  /** There may be more than could be read. */
  readonly isUnread: boolean
}

const noType: VariantType = { texts: [], isInner: false, isUnread: false }
const typeNamed = (text: string): VariantType => ({ ...noType, texts: [{ text, isDefault: false }] })

interface Naming {
  readonly kind: 'function' | 'action' | 'name'
  readonly of: (variant: RustVariant) => VariantType
}

function namingOf(item: Item, lowering: Lowering, assume: ReadonlyMap<string, string>): Naming {
  const impls = lowering.impls.of(item)
  for (const name of functionNames) {
    for (const { impl, module } of impls) {
      const body = impl.functions.find((one) => one.name === name)?.body
      if (!body) continue
      const reader = new FunctionReader(item, module, lowering, assume, name)
      return { kind: 'function', of: (variant) => reader.typeOf(variant, body) }
    }
  }
  if (lowering.derivesOf(item).includes('Action')) {
    return {
      kind: 'action',
      of: (variant) =>
        variant.attributes.some(({ path }) => path === 'event') ? typeNamed(`${variant.name}.v1`) : noType,
    }
  }
  return {
    kind: 'name',
    of: (variant) =>
      new Serde(effective(variant.attributes, assume).list).has('skip') ? noType : typeNamed(`${variant.name}.v1`),
  }
}

/** What an expression may be for one variant: a text, the enum itself, what the variant holds, or the event type of that. */
type Value =
  | { readonly kind: 'text'; readonly text: string; readonly isDefault?: boolean }
  | { readonly kind: 'self' | 'inner' | 'delegated' | 'unread' }

const unread: readonly Value[] = [{ kind: 'unread' }]

interface Scope {
  readonly variant: RustVariant
  readonly variables: ReadonlyMap<string, readonly Value[]>
  /** The functions it is in. */
  readonly calls: readonly string[]
  readonly depth: number
}

/** Conversions that leave a text what it is. */
const conversions = new Set(['to_string', 'to_owned', 'into', 'as_str', 'as_ref', 'clone'])
const constructors = new Set(['String::from', 'Cow::Borrowed', 'Cow::from', 'Arc::from', 'Box::from', 'Some'])

/** More than `event_type()` takes for a variant, and more texts than it puts together. */
const mostSteps = 10_000
const mostTexts = 200

/** Evaluates `event_type()` for each variant, as far as it is made of matches, texts and calls of its like. */
class FunctionReader {
  readonly #item: Item
  readonly #module: Module
  readonly #lowering: Lowering
  readonly #assume: ReadonlyMap<string, string>
  readonly #function: string
  #steps = 0

  constructor(item: Item, module: Module, lowering: Lowering, assume: ReadonlyMap<string, string>, name: string) {
    this.#item = item
    this.#module = module
    this.#lowering = lowering
    this.#assume = assume
    this.#function = name
  }

  typeOf(variant: RustVariant, body: Expression): VariantType {
    this.#steps = 0
    const texts = new Map<string, boolean>()
    const values = this.#values(body, { variant, variables: new Map(), calls: [this.#function], depth: 0 })
    for (const value of values) {
      if (value.kind === 'text') texts.set(value.text, (texts.get(value.text) ?? true) && value.isDefault === true)
    }
    return {
      texts: [...texts].map(([text, isDefault]) => ({ text, isDefault })),
      isInner: values.some(({ kind }) => kind === 'delegated'),
      isUnread: values.some(({ kind }) => kind !== 'text' && kind !== 'delegated'),
    }
  }

  /** Everything an expression may be. */
  #values(expression: Expression | undefined, scope: Scope): readonly Value[] {
    this.#steps += 1
    if (!expression || scope.depth > 20 || this.#steps > mostSteps) return unread
    const { node, source } = expression
    const parts = childrenOf(node)
    const at = (part: SyntaxNode | undefined): Expression | undefined => part && { node: part, source }
    switch (node.name) {
      case 'String':
      case 'RawString': {
        const text = stringValue(expression)
        return text === undefined ? unread : [{ kind: 'text', text }]
      }
      // For `format!` to put in.
      case 'Integer': {
        const value = constValue(expression, () => undefined)
        return value === undefined ? unread : [{ kind: 'text', text: String(value) }]
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
        return this.#named(source.textOf(node).replaceAll(/\s+/g, ''), scope)
      default:
        return unread
    }
  }

  #block(parts: readonly SyntaxNode[], source: Source, scope: Scope): readonly Value[] {
    let inner = scope
    const early: Value[] = []
    const statements = parts.filter(({ name }) => !/^[{};]$/.test(name))
    const last = statements.findLast(({ name }) => name === 'ExpressionStatement' || name === 'MacroInvocation')
    for (const part of statements) {
      if (part === last) continue
      const name = childOf(part, 'BoundIdentifier')
      const pieces = childrenOf(part)
      if (part.name !== 'LetDeclaration') {
        if (!has(part, 'ReturnExpression')) continue
        const [statement] = pieces
        if (statement?.name !== 'IfExpression') early.push(...unread)
        else if (this.#returns(childrenOf(statement), source, inner, early)) return early
        continue
      }
      if (has(part, 'ReturnExpression')) early.push(...unread)
      const node = pieces[pieces.findIndex((piece) => piece.name === '=') + 1]
      const values = name && node ? this.#values({ node, source }, deeper(inner)) : unread
      if (name) inner = { ...inner, variables: new Map([...inner.variables, [source.textOf(name), values]]) }
    }
    return [...early, ...(last ? this.#values({ node: last, source }, deeper(inner)) : unread)]
  }

  /** Adds what the branches of an `if` return; whether one of them is sure to be taken. */
  #returns(parts: readonly SyntaxNode[], source: Source, scope: Scope, found: Value[]): boolean {
    const [, condition, then, , otherwise] = parts
    const holds = this.#holds(condition, source, scope)
    if (then && holds !== 'never' && has(then, 'ReturnExpression')) {
      found.push(...this.#values({ node: then, source }, deeper(scope)))
      if (holds === 'always') return true
    }
    if (!otherwise || holds === 'always' || !has(otherwise, 'ReturnExpression')) return false
    const isIf = otherwise.name === 'IfExpression'
    if (isIf) return this.#returns(childrenOf(otherwise), source, scope, found)
    found.push(...this.#values({ node: otherwise, source }, deeper(scope)))
    return holds === 'never'
  }

  /** `if let Self::Placed { .. } = self` is a match; any other condition may go either way. */
  #if(parts: readonly SyntaxNode[], source: Source, scope: Scope): readonly Value[] {
    const [, condition, then, , otherwise] = parts
    const holds = this.#holds(condition, source, scope)
    const values: Value[] = []
    if (then && holds !== 'never') values.push(...this.#values({ node: then, source }, deeper(scope)))
    if (holds !== 'always') {
      values.push(...(otherwise ? this.#values({ node: otherwise, source }, deeper(scope)) : unread))
    }
    return values
  }

  #holds(condition: SyntaxNode | undefined, source: Source, scope: Scope): 'always' | 'never' | 'open' {
    if (condition?.name !== 'LetDeclaration') return 'open'
    const parts = childrenOf(condition).filter(({ name }) => name !== 'let')
    const equals = parts.findIndex(({ name }) => name === '=')
    const [pattern, subject] = [parts[0], parts[equals + 1]]
    if (!pattern || !subject || !isSelf(source.textOf(subject), scope)) return 'open'
    const fit = this.#fits(pattern, source, scope.variant)
    return !fit ? 'never' : fit.isSure ? 'always' : 'open'
  }

  #match(parts: readonly SyntaxNode[], source: Source, scope: Scope): readonly Value[] {
    const [, subject, block] = parts
    if (!subject || !block) return unread
    const isOfSelf = isSelf(source.textOf(subject), scope)
    // Of anything else, such as a field, each arm may be meant.
    if (!isOfSelf && !isOfFields(subject, source, scope)) return unread
    const values: Value[] = []
    for (const arm of childrenOf(block)) {
      if (arm.name !== 'MatchArm') continue
      const pieces = childrenOf(arm).filter(({ name }) => name !== 'Attribute' && name !== ',')
      const arrow = pieces.findIndex(({ name }) => name === '=>')
      const [pattern, guard] = pieces.slice(0, arrow)
      const result = pieces[arrow + 1]
      if (!pattern || !result) return unread
      const fit: Fit | undefined = isOfSelf
        ? this.#fits(pattern, source, scope.variant)
        : { isDefault: false, isSure: false }
      if (!fit) continue
      const variables = new Map(scope.variables)
      if (fit.holds !== undefined) variables.set(fit.holds, [{ kind: 'inner' }])
      if (fit.self !== undefined) variables.set(fit.self, [{ kind: 'self' }])
      const given = this.#values({ node: result, source }, { ...deeper(scope), variables })
      // `other => format!("{}.v1", other.name())` is no default.
      const isDefault = fit.isDefault && !(fit.self !== undefined && source.textOf(result).includes(fit.self))
      values.push(...given.map((value) => (value.kind === 'text' && isDefault ? { ...value, isDefault } : value)))
      // Whether a guard holds is not known here, nor what a pattern inside the variant fits.
      if (fit.isSure && !guard) break
    }
    return values.length > 0 && values.length <= mostTexts ? values : unread
  }

  #fits(pattern: SyntaxNode, source: Source, variant: RustVariant): Fit | undefined {
    const parts = childrenOf(pattern)
    const text = source.textOf(pattern).replaceAll(/\s+/g, '')
    const whole = { isDefault: false, isSure: true }
    switch (pattern.name) {
      case '_':
        return { isDefault: true, isSure: true }
      case 'OrPattern': {
        const fits = parts.flatMap((part) => (part.name === '|' ? [] : (this.#fits(part, source, variant) ?? [])))
        return fits.find(({ isSure }) => isSure) ?? fits[0]
      }
      case 'ReferencePattern':
      case 'RefPattern':
      case 'MutPattern':
      case 'CapturedPattern': {
        const inner = parts.at(-1)
        return inner && this.#fits(inner, source, variant)
      }
      case 'TuplePattern':
      case 'StructPattern': {
        const [path] = parts
        if (!path || lastStep(source.textOf(path)) !== variant.name) return undefined
        const isSure = parts.slice(1).every((part) => fitsAlways(part, source))
        const bound = pattern.name === 'TuplePattern' ? deepIdentifier(parts[2]) : undefined
        return bound ? { isDefault: false, isSure, holds: source.textOf(bound) } : { isDefault: false, isSure }
      }
      case 'ScopedIdentifier':
        return lastStep(text) === variant.name ? whole : undefined
      case 'BoundIdentifier':
        if (this.#item.rust.kind === 'enum' && this.#item.rust.variants.some(({ name }) => name === text)) {
          return text === variant.name ? whole : undefined
        }
        return { isDefault: true, isSure: true, self: text }
      default:
        return undefined
    }
  }

  #call(parts: readonly SyntaxNode[], source: Source, scope: Scope): readonly Value[] {
    const [callee, args] = parts
    if (!callee || !args) return unread
    const [argument] = childrenOf(args).filter(({ name }) => !/^[(),]$/.test(name))
    if (callee.name === 'FieldExpression') {
      const [receiver, method] = childrenOf(callee)
      if (!receiver || !method) return unread
      const name = source.textOf(method)
      if (isSelf(source.textOf(receiver), scope)) return this.#ofSelf(name, scope)
      return this.#values({ node: receiver, source }, deeper(scope)).flatMap((value): readonly Value[] => {
        if (value.kind === 'inner')
          return functionNames.includes(name) || name === this.#function ? [{ kind: 'delegated' }] : [value]
        return conversions.has(name) ? [value] : unread
      })
    }
    const path = source.textOf(callee).replaceAll(/\s+/g, '')
    const given = argument && { node: argument, source }
    if (constructors.has(path) || [...constructors].some((name) => path.endsWith(`::${name}`)))
      return this.#values(given, deeper(scope))
    const name = lastStep(path)
    if (given && isSelf(source.textOf(given.node), scope)) return this.#ofSelf(name, scope)
    return this.#values(given, deeper(scope)).flatMap((value): readonly Value[] =>
      value.kind === 'inner' && name === this.#function ? [{ kind: 'delegated' }] : unread,
    )
  }

  /** Another function of the enum, or what strum derives. */
  #ofSelf(name: string, scope: Scope): readonly Value[] {
    // What calls itself adds nothing to what it may give.
    if (scope.calls.includes(name)) return []
    for (const { impl } of this.#lowering.impls.of(this.#item)) {
      const found: RustFunction | undefined = impl.functions.find((one) => one.name === name)
      if (found?.body)
        return this.#values(found.body, { ...deeper(scope), variables: new Map(), calls: [...scope.calls, name] })
    }
    const attributes = effective(this.#item.rust.attributes, this.#assume).list
    const derives = this.#lowering.derivesOf(this.#item)
    const isStrum =
      (name === 'as_ref' && derives.includes('AsRefStr')) ||
      (name === 'to_string' && derives.includes('Display')) ||
      (name === 'into' && derives.includes('IntoStaticStr'))
    if (!isStrum) return unread
    const own = scope.variant.attributes.filter(({ path }) => path === 'strum').flatMap(({ items }) => items)
    const given = own.find(({ path }) => path === 'to_string') ?? own.find(({ path }) => path === 'serialize')
    if (given?.value !== undefined) return [{ kind: 'text', text: given.value }]
    const all = attributes.filter(({ path }) => path === 'strum').flatMap(({ items }) => items)
    const style = all.find(({ path }) => path === 'serialize_all')?.value
    const text = style === undefined ? scope.variant.name : inStyle(scope.variant.name, style)
    return text === undefined ? unread : [{ kind: 'text', text }]
  }

  /** `format!("{}.v{}", …)`, and `concat!` of literals. */
  #macro(parts: readonly SyntaxNode[], source: Source, scope: Scope): readonly Value[] {
    const [path] = parts
    const group = parts.find(({ name }) => name.endsWith('Tokens'))
    if (!path || !group) return unread
    const name = lastStep(source.textOf(path))
    const args = separated(childrenOf(group).slice(1, -1))
    const valuesOf = (tokens: readonly SyntaxNode[]): readonly Value[] => {
      const [first, last] = [tokens[0], tokens.at(-1)]
      const [only, ...more] = tokens
      if (only && more.length === 0) return this.#values({ node: only, source }, deeper(scope))
      const text = first && last && source.text.slice(first.from, last.to)
      return text === undefined ? unread : this.#values(expressionOf(text, source.file), deeper(scope))
    }
    if (name === 'concat') return joined(args.map(valuesOf))
    const [[word, ...words] = []] = args
    if (name === 'stringify' && word && words.length === 0) return [{ kind: 'text', text: source.textOf(word) }]
    const [[template] = [], ...rest] = args
    const text = template && stringValue({ node: template, source })
    if (name !== 'format' || text === undefined) return unread
    const named = new Map<string, readonly SyntaxNode[]>()
    for (const [index, tokens] of rest.entries()) {
      const [key, equals] = tokens
      if (key && equals?.name === '=') named.set(source.textOf(key), tokens.slice(2))
      else named.set(String(index), tokens)
    }
    let next = 0
    // Between the holes, texts; the odd ones are what is in a hole.
    const pieces = text.split(/\{([A-Za-z0-9_]*)\}/).map((piece, index): readonly Value[] => {
      if (index % 2 === 0) return /[{}]/.test(piece) ? unread : [{ kind: 'text', text: piece }]
      const key = piece === '' ? String(next++) : piece
      const tokens = named.get(key)
      if (tokens) return valuesOf(tokens)
      return /^\d/.test(key) ? unread : this.#values(expressionOf(key, source.file), deeper(scope))
    })
    return joined(pieces)
  }

  #named(path: string, scope: Scope): readonly Value[] {
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
    return found?.kind === 'const' ? this.#values(found.value.value, deeper(scope)) : unread
  }
}

/** How an arm fits a variant. */
interface Fit {
  readonly isDefault: boolean
  /** Every value of the variant fits. */
  readonly isSure: boolean
  /** The variable for what a newtype variant holds. */
  readonly holds?: string
  /** The variable for the enum itself. */
  readonly self?: string
}

/** Whether a pattern inside that of a variant fits whatever is there. */
function fitsAlways(pattern: SyntaxNode, source: Source): boolean {
  const parts = childrenOf(pattern)
  const inner = parts.at(-1)
  switch (pattern.name) {
    case '_':
    case '..':
    case ',':
    case '(':
    case ')':
    case '{':
    case '}':
      return true
    case 'BoundIdentifier':
      // `None`, or a constant.
      return /^(r#)?[a-z_]/.test(source.textOf(pattern))
    case 'FieldPatternList':
      return parts.every((part) => fitsAlways(part, source))
    case 'TuplePattern':
      return parts[0]?.name === '(' && parts.every((part) => fitsAlways(part, source))
    case 'OrPattern':
      return parts.some((part) => part.name !== '|' && fitsAlways(part, source))
    case 'RefPattern':
    case 'MutPattern':
    case 'ReferencePattern':
    case 'CapturedPattern':
    case 'FieldPattern':
      return inner !== undefined && fitsAlways(inner, source)
    default:
      return false
  }
}

/** Whether an expression is one of what the arm took out of the variant, and not of what else there is to know of it. */
function isOfFields(subject: SyntaxNode, source: Source, { variables }: Scope): boolean {
  let isThat = true
  subject.cursor().iterate(({ name, from, to }) => {
    const text = source.text.slice(from, to)
    if (name === 'self' || text === 'self') isThat = false
    if (name === 'Identifier' && variables.get(text)?.some(({ kind }) => kind !== 'inner')) isThat = false
  })
  return isThat
}

/** Every text that one of each makes together. */
function joined(pieces: readonly (readonly Value[])[]): readonly Value[] {
  let texts: readonly { readonly kind: 'text'; readonly text: string; readonly isDefault?: boolean }[] = [
    { kind: 'text', text: '' },
  ]
  let isUnread = false
  for (const piece of pieces) {
    const next = piece.flatMap((value) => (value.kind === 'text' ? [value] : []))
    isUnread ||= next.length < piece.length
    if (texts.length * next.length > mostTexts) return unread
    texts = texts.flatMap((before) =>
      next.map((after) => ({
        kind: 'text' as const,
        text: before.text + after.text,
        isDefault: before.isDefault === true || after.isDefault === true,
      })),
    )
  }
  return isUnread ? [...texts, ...unread] : texts
}

/** The arguments of a macro. */
function separated(tokens: readonly SyntaxNode[]): SyntaxNode[][] {
  const all: SyntaxNode[][] = [[]]
  for (const token of tokens) {
    if (token.name === ',') all.push([])
    else all.at(-1)?.push(token)
  }
  return all.filter((one) => one.length > 0)
}

function has(node: SyntaxNode, name: string): boolean {
  let isThere = false
  node.cursor().iterate((part) => {
    isThere ||= part.name === name
  })
  return isThere
}

const deeper = (scope: Scope): Scope => ({ ...scope, depth: scope.depth + 1 })

/** `self`, `*self` and `&self`, and a variable that stands for it. */
function isSelf(text: string, { variables }: Scope): boolean {
  const name = /^[&*\s(]*(\w+)\s*\)*$/.exec(text)?.[1]
  return name === 'self' || (name !== undefined && variables.get(name)?.every(({ kind }) => kind === 'self') === true)
}

const lastStep = (path: string): string => path.slice(path.lastIndexOf(':') + 1).trim()

function deepIdentifier(pattern: SyntaxNode | undefined): SyntaxNode | undefined {
  if (!pattern || pattern.name === 'BoundIdentifier') return pattern
  return /^(Ref|Mut|Reference)Pattern$/.test(pattern.name) ? deepIdentifier(childrenOf(pattern).at(-1)) : undefined
}

function expressionOf(text: string, file: string): Expression | undefined {
  const body = readRust(new Source(file, `fn f() { ${text} }`)).functions[0]?.body
  const statement = body && childOf(body.node, 'ExpressionStatement')
  return body && statement && { node: statement, source: body.source }
}

/** The styles of strum's `serialize_all`. */
function inStyle(name: string, style: string): string | undefined {
  const words = name.match(/[A-Z]+(?![a-z])|[A-Z][a-z0-9]*|[a-z0-9]+/g) ?? [name]
  const lower = words.map((word) => word.toLowerCase())
  const capital = lower.map((word) => word.charAt(0).toUpperCase() + word.slice(1))
  switch (style) {
    case 'snake_case':
      return lower.join('_')
    case 'kebab-case':
    case 'kebab_case':
      return lower.join('-')
    case 'SCREAMING_SNAKE_CASE':
    case 'shouty_snake_case':
    case 'shouty_snakecase':
      return lower.join('_').toUpperCase()
    case 'SCREAMING-KEBAB-CASE':
      return lower.join('-').toUpperCase()
    case 'camelCase':
      return lower.map((word, index) => (index === 0 ? word : capital[index])).join('')
    case 'PascalCase':
      return capital.join('')
    case 'Train-Case':
      return capital.join('-')
    case 'title_case':
    case 'Title Case':
      return capital.join(' ')
    case 'lowercase':
      return name.toLowerCase()
    case 'UPPERCASE':
      return name.toUpperCase()
    default:
      return undefined
  }
}
