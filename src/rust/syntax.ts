import { parser } from '@lezer/rust'
import { rangesOutsideBodies } from './bodies.ts'

export type SyntaxNode = ReturnType<typeof parser.parse>['topNode']

/** One text of Rust: a file, or what a macro of one became. */
export class Source {
  readonly file: string
  readonly text: string
  readonly #lineStarts: number[] | undefined
  readonly #line: number

  /** With a line, everything in it is said to stand there: the macro's invocation. */
  constructor(file: string, text: string, line?: number) {
    this.file = file
    this.text = text
    this.#line = line ?? 0
    if (line !== undefined) return
    this.#lineStarts = [0]
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) this.#lineStarts.push(at + 1)
  }

  lineOf(node: SyntaxNode): number {
    const starts = this.#lineStarts
    if (!starts) return this.#line
    let [low, high] = [0, starts.length]
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if ((starts[middle] as number) <= node.from) low = middle
      else high = middle
    }
    return low + 1
  }

  textOf(node: SyntaxNode): string {
    return this.text.slice(node.from, node.to)
  }
}

export interface Place {
  readonly file: string
  readonly line: number
}

/** What stands in an attribute: `serde(with = "a::b", default)` has two items, of which the first has a value. */
export interface Meta {
  readonly path: string
  /** A literal's content, or the text of what is not one. */
  readonly value: string | undefined
  readonly items: readonly Meta[]
  /** All of it as written, in one line. */
  readonly text: string
  readonly place: Place
}

/** An expression, for whoever knows what it may be. */
export interface Expression {
  readonly node: SyntaxNode
  readonly source: Source
}

interface Segment {
  readonly name: string
  readonly args: readonly RustType[]
}

export type RustType = { readonly text: string; readonly place: Place } & (
  | {
      readonly kind: 'path'
      readonly segments: readonly Segment[]
      /** `::a::b`, which begins at a crate. */
      readonly isGlobal: boolean
    }
  | { readonly kind: 'tuple'; readonly items: readonly RustType[] }
  | { readonly kind: 'array'; readonly item: RustType; readonly length: Expression }
  | { readonly kind: 'slice' | 'reference'; readonly item: RustType }
  /** An argument that is a value: `Buffer<32>`. */
  | { readonly kind: 'value'; readonly value: Expression }
  /** `<T as Trait>::Output`; the trait by its last name. */
  | { readonly kind: 'associated'; readonly self: RustType; readonly trait: string | undefined; readonly name: string }
  /** `dyn Trait`, `fn()`, `!`, `macro!()`. */
  | { readonly kind: 'other'; readonly what: string }
)

export interface Generic {
  readonly kind: 'type' | 'value'
  readonly name: string
  readonly fallback: RustType | undefined
}

export interface RustField {
  /** Its number, in a tuple. */
  readonly name: string
  readonly type: RustType
  readonly attributes: readonly Meta[]
  readonly place: Place
}

export interface RustFields {
  readonly kind: 'unit' | 'tuple' | 'fields'
  readonly fields: readonly RustField[]
}

export interface RustVariant {
  readonly name: string
  readonly fields: RustFields
  readonly attributes: readonly Meta[]
  readonly place: Place
}

export type RustItem = {
  readonly name: string
  readonly generics: readonly Generic[]
  readonly attributes: readonly Meta[]
  readonly place: Place
  /** `pub` in any of its forms. */
  readonly isPublic: boolean
  /** The grammar did not understand all of it. */
  readonly isBroken: boolean
} & (
  | { readonly kind: 'struct'; readonly fields: RustFields }
  | { readonly kind: 'enum'; readonly variants: readonly RustVariant[] }
  | { readonly kind: 'alias'; readonly type: RustType }
  | { readonly kind: 'union' }
  | { readonly kind: 'trait' }
)

export interface RustConst {
  readonly name: string
  readonly attributes: readonly Meta[]
  readonly value: Expression | undefined
}

/** One name a `use` brings, or all of a module. */
export interface RustUse {
  readonly path: readonly string[]
  readonly isGlobal: boolean
  /** `undefined` for `*`. */
  readonly as: string | undefined
  readonly isPublic: boolean
  readonly attributes: readonly Meta[]
}

export interface RustFunction {
  readonly name: string
  readonly body: Expression | undefined
}

export interface RustImpl {
  readonly generics: readonly Generic[]
  readonly trait: RustType | undefined
  readonly self: RustType
  /** `type Event = OrderEvent;` */
  readonly types: readonly { readonly name: string; readonly type: RustType }[]
  readonly functions: readonly RustFunction[]
  readonly consts: readonly RustConst[]
  readonly place: Place
}

export interface RustMacro {
  readonly name: string
  readonly attributes: readonly Meta[]
  readonly rules: readonly { readonly pattern: Expression; readonly body: Expression }[]
}

export interface RustInvocation {
  readonly name: string
  readonly tokens: Expression
  readonly attributes: readonly Meta[]
  readonly place: Place
}

/** What stands in a file or between the braces of a `mod`. */
export interface RustScope {
  readonly items: readonly RustItem[]
  readonly consts: readonly RustConst[]
  readonly uses: readonly RustUse[]
  readonly impls: readonly RustImpl[]
  readonly functions: readonly RustFunction[]
  readonly macros: readonly RustMacro[]
  readonly invocations: readonly RustInvocation[]
  readonly modules: readonly RustModule[]
  /** `extern crate a as b`. */
  readonly externs: readonly { readonly crate: string; readonly as: string }[]
  /** Where the grammar did not understand the text. */
  readonly errors: readonly Place[]
}

interface RustModule {
  readonly name: string
  readonly isPublic: boolean
  readonly attributes: readonly Meta[]
  readonly place: Place
  /** `undefined`: it is in a file of its own. */
  readonly scope: RustScope | undefined
}

/** Takes a text of Rust apart, as far as the shape of its types is concerned. */
export function readRust(source: Source): RustScope {
  const tree = parser.parse(source.text, undefined, rangesOutsideBodies(source.text))
  return new ScopeReader(source).scope(tree.topNode)
}

/** Reads `Vec<Order>`, as it stands in an attribute or on a command line. */
export function readRustType(text: string, place: Place): RustType | undefined {
  const { items, errors } = readRust(new Source(place.file, `type T = ${text};`, place.line))
  const [item, ...more] = items
  return item?.kind === 'alias' && !item.isBroken && more.length + errors.length === 0 ? item.type : undefined
}

export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = []
  for (let child = node.firstChild; child; child = child.nextSibling) {
    if (child.name !== 'LineComment' && child.name !== 'BlockComment') children.push(child)
  }
  return children
}

export const childOf = (node: SyntaxNode, ...names: string[]): SyntaxNode | undefined =>
  childrenOf(node).find(({ name }) => names.includes(name))

const isPublic = (node: SyntaxNode): boolean => childOf(node, 'Vis') !== undefined

function hasError(node: SyntaxNode): boolean {
  let found = false
  node.cursor().iterate((part) => {
    found ||= part.type.isError
    return !found
  })
  return found
}

/** `r#type` is called `type`. */
const plain = (name: string): string => (name.startsWith('r#') ? name.slice(2) : name)

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim()

/** A type as one would write it, however its tokens were put together: `<Km as Unit>::Raw`. */
const typeText = (text: string): string =>
  oneLine(text)
    .replaceAll(/(?<!\b(?:dyn|as|mut|impl|const)) ?:: ?/g, '::')
    .replaceAll(/ ?< ?/g, '<')
    .replaceAll(/([([&]) /g, '$1')
    .replaceAll(/ ([)\],;>])/g, '$1')
    .replaceAll(/,(?=\S)/g, ', ')

/** A type without the whitespace that says nothing, to compare it. */
export const plainText = (text: string): string => oneLine(text).replaceAll(/ ?([^\w ]) ?/g, '$1')

/** The content of a string literal, raw or not; `undefined` for anything else. */
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

const typeNames = new Set([
  ...['TypeIdentifier', 'ScopedTypeIdentifier', 'SelfType', 'GenericType', 'TupleType', 'UnitType', 'ArrayType'],
  ...['ReferenceType', 'PointerType', 'AbstractType', 'DynamicType', 'FunctionType', 'EmptyType', 'InferredType'],
  ...['BoundedType', 'MetaType', 'MacroInvocation'],
])
const isType = ({ name }: SyntaxNode): boolean => typeNames.has(name)

/** Its body is parsed when somebody asks for it. */
class LazyFunction implements RustFunction {
  readonly name: string
  readonly #node: SyntaxNode
  readonly #source: Source
  #body: Expression | undefined

  constructor(name: string, node: SyntaxNode, source: Source) {
    this.name = name
    this.#node = node
    this.#source = source
  }

  get body(): Expression | undefined {
    if (this.#body || !childOf(this.#node, 'Block')) return this.#body
    const source = new Source(this.#source.file, this.#source.textOf(this.#node), this.#source.lineOf(this.#node))
    const whole = childOf(parser.parse(source.text).topNode, 'FunctionItem')
    const node = whole && childOf(whole, 'Block')
    this.#body = node && { node, source }
    return this.#body
  }
}

class ScopeReader {
  readonly #source: Source

  constructor(source: Source) {
    this.#source = source
  }

  scope(top: SyntaxNode): RustScope {
    const scope = {
      items: [] as RustItem[],
      consts: [] as RustConst[],
      uses: [] as RustUse[],
      impls: [] as RustImpl[],
      functions: [] as RustFunction[],
      macros: [] as RustMacro[],
      invocations: [] as RustInvocation[],
      modules: [] as RustModule[],
      externs: [] as { crate: string; as: string }[],
      errors: [] as Place[],
    }
    const add = (node: SyntaxNode, attributes: readonly Meta[]): void => {
      switch (node.name) {
        case 'AttributeItem':
          for (const inner of childrenOf(node)) if (inner.name !== 'Attribute') add(inner, this.#attributes(node))
          break
        case 'ExpressionStatement': {
          const inner = childOf(node, 'MacroInvocation')
          if (inner) add(inner, attributes)
          break
        }
        case 'StructItem':
        case 'EnumItem':
        case 'TypeItem':
        case 'UnionItem':
        case 'TraitItem': {
          const item = this.#item(node, attributes)
          if (item) scope.items.push(item)
          break
        }
        case 'ConstItem':
        case 'StaticItem':
          scope.consts.push(...this.#const(node, attributes))
          break
        case 'FunctionItem':
          scope.functions.push(...this.#function(node))
          break
        case 'UseDeclaration':
          scope.uses.push(...this.#uses(node, attributes))
          break
        case 'ImplItem': {
          const impl = this.#impl(node)
          if (impl) scope.impls.push(impl)
          break
        }
        case 'ModItem': {
          const name = childOf(node, 'BoundIdentifier')
          const body = childOf(node, 'DeclarationList')
          if (name) {
            const inner = body === undefined ? undefined : this.scope(body)
            scope.modules.push({
              name: this.#name(name),
              isPublic: isPublic(node),
              attributes,
              place: this.#place(node),
              scope: inner,
            })
          }
          break
        }
        case 'MacroDefinition': {
          const name = childOf(node, 'Identifier')
          const rules = childrenOf(node)
            .filter((child) => child.name === 'MacroRule')
            .flatMap((rule) => {
              const parts = childrenOf(rule).filter((child) => child.name.endsWith('Tokens'))
              const [pattern, body] = parts
              return pattern && body ? [{ pattern: this.#expression(pattern), body: this.#expression(body) }] : []
            })
          if (name) scope.macros.push({ name: this.#name(name), attributes, rules })
          break
        }
        case 'MacroInvocation': {
          const [path] = childrenOf(node)
          const tokens = childOf(node, 'ParenthesizedTokens', 'BracketedTokens', 'BracedTokens')
          if (path && tokens) {
            const name = oneLine(this.#source.textOf(path)).replaceAll(' ', '')
            scope.invocations.push({ name, tokens: this.#expression(tokens), attributes, place: this.#place(node) })
          }
          break
        }
        case 'ExternCrateDeclaration': {
          const [crate, as] = childrenOf(node).filter((child) => /Identifier$|^self$/.test(child.name))
          if (crate) scope.externs.push({ crate: this.#name(crate), as: this.#name(as ?? crate) })
          break
        }
        case '⚠':
          scope.errors.push(this.#place(node))
          break
      }
    }
    for (const node of childrenOf(top)) add(node, [])
    return scope
  }

  #place(node: SyntaxNode): Place {
    return { file: this.#source.file, line: this.#source.lineOf(node) }
  }

  #name(node: SyntaxNode): string {
    return plain(this.#source.textOf(node))
  }

  #expression(node: SyntaxNode): Expression {
    return { node, source: this.#source }
  }

  #item(node: SyntaxNode, attributes: readonly Meta[]): RustItem | undefined {
    const identifier = childOf(node, 'TypeIdentifier')
    if (!identifier) return undefined
    const generics = childOf(node, 'TypeParamList')
    const base = {
      name: this.#name(identifier),
      generics: generics ? this.#generics(generics) : [],
      attributes,
      place: this.#place(identifier),
      isPublic: isPublic(node),
      isBroken: hasError(node),
    }
    switch (node.name) {
      case 'StructItem':
        return { ...base, kind: 'struct', fields: this.#fields(node) }
      case 'EnumItem': {
        const list = childOf(node, 'EnumVariantList')
        return { ...base, kind: 'enum', variants: list ? this.#variants(list) : [] }
      }
      case 'TypeItem': {
        const type = childrenOf(node).findLast(isType)
        return type && type !== identifier ? { ...base, kind: 'alias', type: this.type(type) } : undefined
      }
      default:
        return { ...base, kind: node.name === 'UnionItem' ? 'union' : 'trait' }
    }
  }

  #generics(list: SyntaxNode): Generic[] {
    return childrenOf(list).flatMap((node): Generic[] => {
      const nameOf = (of: SyntaxNode): SyntaxNode | undefined =>
        of.name === 'TypeIdentifier'
          ? of
          : of.name === 'ConstrainedTypeParameter' || of.name === 'OptionalTypeParameter'
            ? childrenOf(of).map(nameOf).find(Boolean)
            : undefined
      if (node.name === 'ConstParameter') {
        const name = childOf(node, 'BoundIdentifier')
        const parts = childrenOf(node)
        const value = parts[parts.findIndex((part) => part.name === '=') + 1]
        const fallback = value && value !== parts[0] ? this.#value(value) : undefined
        return name ? [{ kind: 'value', name: this.#name(name), fallback }] : []
      }
      const name = nameOf(node)
      if (!name) return []
      const fallback = node.name === 'OptionalTypeParameter' ? childrenOf(node).findLast(isType) : undefined
      return [
        {
          kind: 'type',
          name: this.#name(name),
          fallback: fallback && fallback !== name ? this.type(fallback) : undefined,
        },
      ]
    })
  }

  #fields(node: SyntaxNode): RustFields {
    const named = childOf(node, 'FieldDeclarationList')
    if (named) {
      const fields = this.#withAttributes(named).flatMap(({ node: field, attributes }): RustField[] => {
        const name = childOf(field, 'FieldIdentifier')
        const type = childrenOf(field).findLast(isType)
        if (!name || !type) return []
        return [{ name: this.#name(name), type: this.type(type), attributes, place: this.#place(field) }]
      })
      return { kind: 'fields', fields }
    }
    const ordered = childOf(node, 'OrderedFieldDeclarationList')
    if (!ordered) return { kind: 'unit', fields: [] }
    const fields = this.#withAttributes(ordered)
      .filter(({ node: type }) => isType(type))
      .map(({ node: type, attributes }, index) => ({
        name: String(index),
        type: this.#fieldType(type),
        attributes,
        place: this.#place(type),
      }))
    return { kind: 'tuple', fields }
  }

  /** In `Placed(crate::Order)` the grammar takes `crate` for an old way to say who may see the field. */
  #fieldType(node: SyntaxNode): RustType {
    const type = this.type(node)
    const before = node.prevSibling
    if (type.kind !== 'path' || !type.isGlobal || before?.name !== 'Vis') return type
    if (this.#source.textOf(before) !== 'crate') return type
    const segments = [{ name: 'crate', args: [] }, ...type.segments]
    return { ...type, text: `crate${type.text}`, segments, isGlobal: false }
  }

  #variants(list: SyntaxNode): RustVariant[] {
    return this.#withAttributes(list).flatMap(({ node, attributes }) => {
      const name = childOf(node, 'Identifier')
      return name ? [{ name: this.#name(name), fields: this.#fields(node), attributes, place: this.#place(node) }] : []
    })
  }

  /** Attributes are the brothers before what they belong to. */
  #withAttributes(list: SyntaxNode): { node: SyntaxNode; attributes: Meta[] }[] {
    const found: { node: SyntaxNode; attributes: Meta[] }[] = []
    let attributes: Meta[] = []
    for (const node of childrenOf(list)) {
      if (node.name === 'Attribute') attributes.push(...this.#attribute(node))
      else if (node.name === 'FieldDeclaration' || node.name === 'EnumVariant' || isType(node)) {
        found.push({ node, attributes })
        attributes = []
      }
    }
    return found
  }

  #attributes(node: SyntaxNode): Meta[] {
    return childrenOf(node).flatMap((child) => (child.name === 'Attribute' ? this.#attribute(child) : []))
  }

  #attribute(node: SyntaxNode): Meta[] {
    const item = childOf(node, 'MetaItem')
    if (!item) return []
    const parts = childrenOf(item)
    const group = parts.find(({ name }) => name.endsWith('Tokens'))
    const path = parts[0] ? oneLine(this.#source.textOf(parts[0])).replaceAll(' ', '') : ''
    const equals = parts.findIndex(({ name }) => name === '=')
    const value = equals === -1 ? undefined : parts[equals + 1]
    return [
      {
        path,
        value: value ? this.#literal(value) : undefined,
        items: group ? this.metas(childrenOf(group).slice(1, -1)) : [],
        text: oneLine(this.#source.textOf(item)),
        place: this.#place(node),
      },
    ]
  }

  #literal(node: SyntaxNode): string {
    return stringValue(this.#expression(node)) ?? this.#source.textOf(node)
  }

  /** `a, b = "c", d(e)` of an attribute's tokens. */
  metas(tokens: readonly SyntaxNode[]): Meta[] {
    const parts: SyntaxNode[][] = [[]]
    for (const token of tokens) {
      if (token.name === ',') parts.push([])
      else parts.at(-1)?.push(token)
    }
    return parts.flatMap((part) => {
      const [first, last] = [part[0], part.at(-1)]
      if (!first || !last) return []
      const equals = part.findIndex(({ name }) => name === '=')
      const group = part.find(({ name }) => name.endsWith('Tokens'))
      const pathEnd = part.findIndex(({ name }) => name === '=' || name.endsWith('Tokens'))
      const path = part.slice(0, pathEnd === -1 ? part.length : pathEnd)
      const value = equals === -1 ? undefined : part.slice(equals + 1)
      const [only, ...more] = value ?? []
      return [
        {
          path: path.map((token) => this.#source.textOf(token)).join(''),
          value:
            only === undefined
              ? undefined
              : more.length === 0
                ? this.#literal(only)
                : this.#source.text.slice(only.from, last.to),
          items: group ? this.metas(childrenOf(group).slice(1, -1)) : [],
          text: oneLine(this.#source.text.slice(first.from, last.to)),
          place: this.#place(first),
        },
      ]
    })
  }

  #const(node: SyntaxNode, attributes: readonly Meta[]): RustConst[] {
    const name = childOf(node, 'BoundIdentifier')
    const parts = childrenOf(node)
    const equals = parts.findIndex((part) => part.name === '=')
    const value = equals === -1 ? undefined : parts[equals + 1]
    return name ? [{ name: this.#name(name), attributes, value: value && this.#expression(value) }] : []
  }

  #function(node: SyntaxNode): RustFunction[] {
    const name = childOf(node, 'BoundIdentifier')
    return name ? [new LazyFunction(this.#name(name), node, this.#source)] : []
  }

  #impl(node: SyntaxNode): RustImpl | undefined {
    const types = childrenOf(node).filter(isType)
    const self = types.at(-1)
    const body = childOf(node, 'DeclarationList')
    if (!self || !body) return undefined
    const items = childrenOf(body).flatMap((child) => (child.name === 'AttributeItem' ? childrenOf(child) : [child]))
    const aliases = items.flatMap((item) => (item.name === 'TypeItem' ? (this.#item(item, []) ?? []) : []))
    const generics = childOf(node, 'TypeParamList')
    return {
      generics: generics ? this.#generics(generics) : [],
      types: aliases.flatMap((alias) => (alias.kind === 'alias' ? [{ name: alias.name, type: alias.type }] : [])),
      trait: types.length > 1 && types[0] ? this.type(types[0]) : undefined,
      self: this.type(self),
      functions: items.flatMap((item) => (item.name === 'FunctionItem' ? this.#function(item) : [])),
      consts: items.flatMap((item) => (item.name === 'ConstItem' ? this.#const(item, []) : [])),
      place: this.#place(node),
    }
  }

  #uses(node: SyntaxNode, attributes: readonly Meta[]): RustUse[] {
    const uses: RustUse[] = []
    const walk = (clause: SyntaxNode, before: readonly string[], isGlobal: boolean): void => {
      const parts = childrenOf(clause)
      const own = parts.filter((part) => /Identifier$|^(self|super|crate)$/.test(part.name))
      const startsGlobal = isGlobal || (before.length === 0 && parts[0]?.name === '::')
      const add = (path: readonly string[], as: string | undefined) => {
        // `a::{self}` is `a` itself.
        const whole = path.length > 1 && path.at(-1) === 'self' ? path.slice(0, -1) : path
        uses.push({
          path: whole,
          isGlobal: startsGlobal,
          as: as === 'self' ? whole.at(-1) : as,
          isPublic: isPublic(node),
          attributes,
        })
      }
      switch (clause.name) {
        case 'UseList':
          for (const part of parts) walk(part, before, startsGlobal)
          break
        case 'ScopedUseList': {
          const list = childOf(clause, 'UseList')
          if (list) walk(list, [...before, ...own.map((part) => this.#name(part))], startsGlobal)
          break
        }
        case 'UseWildcard':
          add([...before, ...own.map((part) => this.#name(part))], undefined)
          break
        case 'ScopedIdentifier': {
          const path = [...before, ...own.map((part) => this.#name(part))]
          add(path, path.at(-1))
          break
        }
        case 'UseAsClause': {
          const [target] = parts
          if (!target) break
          const inner = target.name === 'ScopedIdentifier' ? childrenOf(target) : [target]
          const names = inner.filter((part) => /Identifier$|^(self|super|crate)$/.test(part.name))
          const as = parts.at(-1)
          if (as) add([...before, ...names.map((part) => this.#name(part))], this.#name(as))
          break
        }
        case 'BoundIdentifier':
        case 'self':
        case 'super':
        case 'crate':
          add([...before, this.#name(clause)], this.#name(clause))
          break
      }
    }
    for (const clause of childrenOf(node)) if (clause.name !== 'Vis' && clause.name !== 'use') walk(clause, [], false)
    return uses
  }

  type(node: SyntaxNode): RustType {
    const base = { text: typeText(this.#source.textOf(node)), place: this.#place(node) }
    const inner = childrenOf(node)
    const types = inner.filter(isType)
    const [first] = types
    const other = (what: string): RustType => ({ ...base, kind: 'other', what })
    switch (node.name) {
      case 'TypeIdentifier':
      case 'SelfType':
      case 'ScopedTypeIdentifier':
      case 'GenericType': {
        const path = this.#segments(node)
        return path ? { ...base, kind: 'path', ...path } : (this.#associated(node) ?? other('an associated type'))
      }
      case 'UnitType':
        return { ...base, kind: 'tuple', items: [] }
      case 'TupleType':
        // `(T)` is `T` in brackets, `(T,)` a tuple.
        if (first && types.length === 1 && !inner.some(({ name }) => name === ',')) return this.type(first)
        return { ...base, kind: 'tuple', items: types.map((type) => this.type(type)) }
      case 'ArrayType': {
        if (!first) return other('a type')
        const semicolon = inner.findIndex(({ name }) => name === ';')
        const length = semicolon === -1 ? undefined : inner[semicolon + 1]
        return length
          ? { ...base, kind: 'array', item: this.type(first), length: this.#expression(length) }
          : { ...base, kind: 'slice', item: this.type(first) }
      }
      case 'ReferenceType':
        return first ? { ...base, kind: 'reference', item: this.type(first) } : other('a reference')
      case 'BoundedType':
      case 'DynamicType':
        return other('a trait object')
      case 'FunctionType':
        return other('a function')
      case 'PointerType':
        return other('a raw pointer')
      case 'MacroInvocation':
        return other('made by a macro')
      default:
        return other('not a type that serde writes')
    }
  }

  #associated(node: SyntaxNode): RustType | undefined {
    const scope = childOf(node, 'QualifiedScope')
    const name = childrenOf(node).at(-1)
    const [self, trait] = scope ? childrenOf(scope).filter(isType) : []
    if (!self || name?.name !== 'TypeIdentifier') return undefined
    const of = trait && this.type(trait)
    return {
      ...{ text: typeText(this.#source.textOf(node)), place: this.#place(node), kind: 'associated' },
      ...{ self: this.type(self), trait: of?.kind === 'path' ? of.segments.at(-1)?.name : undefined },
      name: this.#name(name),
    }
  }

  /** `undefined` for a path through `<T as Trait>`. */
  #segments(node: SyntaxNode): { segments: Segment[]; isGlobal: boolean } | undefined {
    const segments: Segment[] = []
    let isGlobal = false
    for (const [index, child] of (node.firstChild ? childrenOf(node) : [node]).entries()) {
      switch (child.name) {
        case '::':
          if (index === 0) isGlobal = true
          break
        case 'TypeArgList': {
          const last = segments.pop()
          if (last) segments.push({ ...last, args: this.#args(child) })
          break
        }
        case 'GenericType':
        case 'ScopedTypeIdentifier':
        case 'SelfType': {
          const path = child.firstChild ? this.#segments(child) : undefined
          if (child.name !== 'SelfType' && !path) return undefined
          segments.push(...(path?.segments ?? [{ name: 'Self', args: [] }]))
          isGlobal ||= path?.isGlobal ?? false
          break
        }
        case 'QualifiedScope':
        case 'MetaType':
          return undefined
        case '⚠':
          break
        default:
          segments.push({ name: this.#name(child), args: [] })
      }
    }
    return { segments, isGlobal }
  }

  #args(list: SyntaxNode): RustType[] {
    return childrenOf(list).flatMap((node) => {
      if (isType(node)) return [this.type(node)]
      return /^(Integer|Block|Boolean|Char)$/.test(node.name) ? [this.#value(node)] : []
    })
  }

  #value(node: SyntaxNode): RustType {
    const base = { text: typeText(this.#source.textOf(node)), place: this.#place(node) }
    return { ...base, kind: 'value', value: this.#expression(node) }
  }
}
