import { effective, Serde } from './attributes.ts'
import type { Item, Module } from './crates.ts'
import type { ImportNote } from './import-report.ts'
import type { Instance } from './instances.ts'
import type { Lowering } from './lowering.ts'
import {
  childOf,
  childrenOf,
  type Expression,
  type Place,
  type RustFunction,
  type RustVariant,
  readRust,
  Source,
  type SyntaxNode,
  stringValue,
} from './syntax.ts'

/** What a service calls its events, and how it was found out. */
export interface EventTypes {
  /** Event type → path of variants. */
  readonly events: Map<string, string>
  readonly notes: readonly ImportNote[]
}

/** In the order they are looked for. */
const functionNames = ['event_type', 'event_name']

/** Reads which event type names which variant, through enums that an enum wraps. */
export function eventTypesOf(root: Instance, lowering: Lowering, assume: ReadonlyMap<string, string>): EventTypes {
  const events = new Map<string, string>()
  const notes: ImportNote[] = []
  const note = (place: Place, text: string) => notes.push({ file: place.file, line: place.line, text })
  const walk = (instance: Instance, path: readonly string[], above: readonly Instance[]) => {
    const { item, body } = instance
    if (item?.rust.kind !== 'enum' || body?.kind !== 'enum') return
    const { name, place } = item.rust
    const naming = namingOf(item, lowering, assume)
    if (naming.kind === 'name') note(place, `${name} has no event_type(): its event types are taken to be {Variant}.v1`)
    for (const variant of item.rust.variants) {
      const written = body.variants.find((one) => one.name === variant.name)
      if (!written) continue
      const steps = [...path, variant.name]
      const type = naming.of(variant)
      const [held, ...more] = written.fields.kind === 'tuple' ? written.fields.items : []
      const inner = held?.kind === 'named' && more.length === 0 ? lowering.instances.byId(held.name) : undefined
      const isWrapper = inner?.item !== undefined && inner.body?.kind === 'enum' && !above.includes(inner)
      const goesOn =
        type.kind === 'inner' || (naming.kind === 'name' && inner?.item && isEventLike(inner.item, lowering))
      if (isWrapper && goesOn) walk(inner, steps, [...above, inner])
      else if (type.kind === 'text' || type.kind === 'unread' || type.kind === 'inner') {
        const fallback = `${variant.name}.v1`
        if (type.kind !== 'text' && naming.kind !== 'name') {
          note(
            variant.place,
            `what event_type() gives for ${name}::${variant.name} could not be read; it is taken to be ${fallback}`,
          )
        }
        const event = type.kind === 'text' ? type.text : fallback
        const taken = events.get(event)
        if (taken === undefined) events.set(event, steps.join('.'))
        else note(variant.place, `event type ${event} names both ${taken} and ${steps.join('.')}; the first is taken`)
      }
    }
  }
  walk(root, [], [root])
  return { events, notes }
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

type VariantType =
  | { readonly kind: 'text'; readonly text: string }
  /** That of the enum it holds. */
  | { readonly kind: 'inner' }
  /** It has none: a command, or what a `_` arm catches. */
  | { readonly kind: 'none' }
  | { readonly kind: 'unread' }

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
        variant.attributes.some(({ path }) => path === 'event')
          ? { kind: 'text', text: `${variant.name}.v1` }
          : { kind: 'none' },
    }
  }
  return {
    kind: 'name',
    of: (variant) =>
      new Serde(effective(variant.attributes, assume).list).has('skip')
        ? { kind: 'none' }
        : { kind: 'text', text: `${variant.name}.v1` },
  }
}

/** What an expression is for one variant: a text, the enum itself, what the variant holds, or the event type of that. */
type Value =
  | { readonly kind: 'text'; readonly text: string; readonly isDefault?: boolean }
  | { readonly kind: 'self' | 'inner' | 'delegated' }

interface Scope {
  readonly variant: RustVariant
  readonly variables: ReadonlyMap<string, Value>
  readonly depth: number
}

/** Conversions that leave a text what it is. */
const conversions = new Set(['to_string', 'to_owned', 'into', 'as_str', 'as_ref', 'clone'])
const constructors = new Set(['String::from', 'Cow::Borrowed', 'Cow::from', 'Arc::from', 'Box::from', 'Some'])

/** Evaluates `event_type()` for each variant, as far as it is made of matches, texts and calls of its like. */
class FunctionReader {
  readonly #item: Item
  readonly #module: Module
  readonly #lowering: Lowering
  readonly #assume: ReadonlyMap<string, string>
  readonly #function: string

  constructor(item: Item, module: Module, lowering: Lowering, assume: ReadonlyMap<string, string>, name: string) {
    this.#item = item
    this.#module = module
    this.#lowering = lowering
    this.#assume = assume
    this.#function = name
  }

  typeOf(variant: RustVariant, body: Expression): VariantType {
    const value = this.#value(body, { variant, variables: new Map(), depth: 0 })
    if (value?.kind === 'text') return value.isDefault ? { kind: 'none' } : { kind: 'text', text: value.text }
    return value?.kind === 'delegated' ? { kind: 'inner' } : { kind: 'unread' }
  }

  #value(expression: Expression | undefined, scope: Scope): Value | undefined {
    if (!expression || scope.depth > 20) return undefined
    const { node, source } = expression
    const parts = childrenOf(node)
    const at = (part: SyntaxNode | undefined): Expression | undefined => part && { node: part, source }
    switch (node.name) {
      case 'String':
      case 'RawString': {
        const text = stringValue(expression)
        return text === undefined ? undefined : { kind: 'text', text }
      }
      case 'Block':
        return this.#block(parts, source, scope)
      case 'ParenthesizedExpression':
        return this.#value(at(parts[1]), scope)
      case 'ExpressionStatement':
        return this.#value(at(parts.find(({ name }) => name !== 'Attribute')), scope)
      case 'ReturnExpression':
      case 'ReferenceExpression':
        return this.#value(at(parts.at(-1)), scope)
      case 'MatchExpression':
        return this.#match(parts, source, scope)
      case 'CallExpression':
        return this.#call(parts, source, scope)
      case 'MacroInvocation':
        return this.#macro(parts, source, scope)
      case 'Identifier':
      case 'ScopedIdentifier':
        return this.#named(source.textOf(node).replaceAll(/\s+/g, ''), scope)
      default:
        return undefined
    }
  }

  #block(parts: readonly SyntaxNode[], source: Source, scope: Scope): Value | undefined {
    let inner = scope
    for (const part of parts) {
      if (part.name !== 'LetDeclaration') continue
      const name = childOf(part, 'BoundIdentifier')
      const pieces = childrenOf(part)
      const node = pieces[pieces.findIndex((piece) => piece.name === '=') + 1]
      const value = name && node ? this.#value({ node, source }, deeper(inner)) : undefined
      if (name && value) inner = { ...inner, variables: new Map([...inner.variables, [source.textOf(name), value]]) }
    }
    const last = parts.findLast(({ name }) => name === 'ExpressionStatement')
    return last && this.#value({ node: last, source }, deeper(inner))
  }

  #match(parts: readonly SyntaxNode[], source: Source, scope: Scope): Value | undefined {
    const [, subject, block] = parts
    if (!subject || !block || !isSelf(source.textOf(subject), scope)) return undefined
    for (const arm of childrenOf(block)) {
      if (arm.name !== 'MatchArm') continue
      const pieces = childrenOf(arm).filter(({ name }) => name !== 'Attribute' && name !== ',')
      const arrow = pieces.findIndex(({ name }) => name === '=>')
      const [pattern, guard] = pieces.slice(0, arrow)
      const result = pieces[arrow + 1]
      if (!pattern || !result) return undefined
      const fit = this.#fits(pattern, source, scope.variant)
      if (!fit) continue
      // What a guard says is not known here.
      if (guard) return undefined
      const variables = new Map(scope.variables)
      if (fit.holds !== undefined) variables.set(fit.holds, { kind: 'inner' })
      if (fit.self !== undefined) variables.set(fit.self, { kind: 'self' })
      const value = this.#value({ node: result, source }, { ...deeper(scope), variables })
      // `other => format!("{}.v1", other.name())` is no default.
      const isDefault = fit.isDefault && !(fit.self !== undefined && source.textOf(result).includes(fit.self))
      return value?.kind === 'text' && isDefault ? { ...value, isDefault } : value
    }
    return undefined
  }

  /** `holds` is the variable for what a newtype variant holds, `self` the one for the enum itself. */
  #fits(
    pattern: SyntaxNode,
    source: Source,
    variant: RustVariant,
  ): { isDefault: boolean; holds?: string; self?: string } | undefined {
    const parts = childrenOf(pattern)
    const text = source.textOf(pattern).replaceAll(/\s+/g, '')
    switch (pattern.name) {
      case '_':
        return { isDefault: true }
      case 'OrPattern':
        for (const part of parts) {
          const fit = part.name === '|' ? undefined : this.#fits(part, source, variant)
          if (fit) return fit
        }
        return undefined
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
        const bound = pattern.name === 'TuplePattern' ? deepIdentifier(parts[2]) : undefined
        return bound ? { isDefault: false, holds: source.textOf(bound) } : { isDefault: false }
      }
      case 'ScopedIdentifier':
        return lastStep(text) === variant.name ? { isDefault: false } : undefined
      case 'BoundIdentifier':
        if (this.#item.rust.kind === 'enum' && this.#item.rust.variants.some(({ name }) => name === text)) {
          return text === variant.name ? { isDefault: false } : undefined
        }
        return { isDefault: true, self: text }
      default:
        return undefined
    }
  }

  #call(parts: readonly SyntaxNode[], source: Source, scope: Scope): Value | undefined {
    const [callee, args] = parts
    if (!callee || !args) return undefined
    const [argument] = childrenOf(args).filter(({ name }) => !/^[(),]$/.test(name))
    if (callee.name === 'FieldExpression') {
      const [receiver, method] = childrenOf(callee)
      if (!receiver || !method) return undefined
      const name = source.textOf(method)
      if (isSelf(source.textOf(receiver), scope)) return this.#ofSelf(name, scope)
      const value = this.#value({ node: receiver, source }, deeper(scope))
      if (value?.kind === 'inner')
        return functionNames.includes(name) || name === this.#function ? { kind: 'delegated' } : value
      return conversions.has(name) ? value : undefined
    }
    const path = source.textOf(callee).replaceAll(/\s+/g, '')
    const given = argument && { node: argument, source }
    if (constructors.has(path) || [...constructors].some((name) => path.endsWith(`::${name}`)))
      return this.#value(given, deeper(scope))
    const name = lastStep(path)
    if (given && isSelf(source.textOf(given.node), scope)) return this.#ofSelf(name, scope)
    const value = this.#value(given, deeper(scope))
    return value?.kind === 'inner' && name === this.#function ? { kind: 'delegated' } : undefined
  }

  /** Another function of the enum, or what strum derives. */
  #ofSelf(name: string, scope: Scope): Value | undefined {
    for (const { impl } of this.#lowering.impls.of(this.#item)) {
      const found: RustFunction | undefined = impl.functions.find((one) => one.name === name)
      if (found?.body) return this.#value(found.body, deeper(scope))
    }
    const attributes = effective(this.#item.rust.attributes, this.#assume).list
    const derives = this.#lowering.derivesOf(this.#item)
    const isStrum =
      (name === 'as_ref' && derives.includes('AsRefStr')) ||
      (name === 'to_string' && derives.includes('Display')) ||
      (name === 'into' && derives.includes('IntoStaticStr'))
    if (!isStrum) return undefined
    const own = scope.variant.attributes.filter(({ path }) => path === 'strum').flatMap(({ items }) => items)
    const given = own.find(({ path }) => path === 'to_string') ?? own.find(({ path }) => path === 'serialize')
    if (given?.value !== undefined) return { kind: 'text', text: given.value }
    const all = attributes.filter(({ path }) => path === 'strum').flatMap(({ items }) => items)
    const style = all.find(({ path }) => path === 'serialize_all')?.value
    const text = style === undefined ? scope.variant.name : inStyle(scope.variant.name, style)
    return text === undefined ? undefined : { kind: 'text', text }
  }

  /** `format!("{}.v1", …)` with one thing to put in, and `concat!` of texts. */
  #macro(parts: readonly SyntaxNode[], source: Source, scope: Scope): Value | undefined {
    const [path] = parts
    const group = parts.find(({ name }) => name.endsWith('Tokens'))
    if (!path || !group) return undefined
    const name = lastStep(source.textOf(path))
    const tokens = childrenOf(group).slice(1, -1)
    if (name === 'concat') {
      const texts = tokens.filter((token) => token.name !== ',').map((token) => stringValue({ node: token, source }))
      return texts.includes(undefined) ? undefined : { kind: 'text', text: texts.join('') }
    }
    const [template, , ...rest] = tokens
    const text = template && stringValue({ node: template, source })
    if (name !== 'format' || text === undefined) return undefined
    const holes = [...text.matchAll(/\{([a-z_]*)\}/g)]
    if (holes.length === 0) return /[{}]/.test(text) ? undefined : { kind: 'text', text }
    const [hole, ...more] = holes
    if (!hole || more.length > 0) return undefined
    const first = rest[0]
    const written =
      hole[1] || (first ? source.text.slice(first.from, (rest.at(-1) as SyntaxNode).to).replace(/,\s*$/, '') : '')
    const value = this.#value(expressionOf(written, source.file), deeper(scope))
    return value?.kind === 'text' ? { ...value, text: text.replace(hole[0], () => value.text) } : undefined
  }

  #named(path: string, scope: Scope): Value | undefined {
    const variable = scope.variables.get(path)
    if (variable) return variable
    const steps = path.split('::')
    const [first = '', second] = steps
    if (first === 'Self' && second !== undefined) {
      for (const { impl } of this.#lowering.impls.of(this.#item)) {
        const value = impl.consts.find(({ name }) => name === second)?.value
        if (value) return this.#value(value, deeper(scope))
      }
    }
    const found = this.#lowering.names.find(this.#module, steps, 'value')
    return found?.kind === 'const' ? this.#value(found.value.value, deeper(scope)) : undefined
  }
}

const deeper = (scope: Scope): Scope => ({ ...scope, depth: scope.depth + 1 })

/** `self`, `*self` and `&self`, and a variable that stands for it. */
function isSelf(text: string, { variables }: Scope): boolean {
  const name = /^[&*\s(]*(\w+)\s*\)*$/.exec(text)?.[1]
  return name === 'self' || (name !== undefined && variables.get(name)?.kind === 'self')
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
