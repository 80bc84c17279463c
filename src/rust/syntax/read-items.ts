import type {
  Expression,
  Generic,
  Meta,
  RustBlock,
  RustConst,
  RustField,
  RustFields,
  RustFunction,
  RustImpl,
  RustInvocation,
  RustItem,
  RustMacro,
  RustModule,
  RustScope,
  RustType,
  RustUse,
  RustVariant,
} from '../ast.ts'
import { identifierText, oneLine } from '../rust-text.ts'
import { childOf, childrenOf, type Source, type SourceLocation, type SyntaxNode } from '../source.ts'
import { readVisibility } from '../visibility.ts'
import { LazyFunction } from './lazy-function.ts'
import { hasError } from './parse.ts'
import { readAttribute, readAttributes } from './read-attributes.ts'
import { isType, readConstArgument, readType } from './read-types.ts'
import { readUses } from './read-uses.ts'

/** Joins scopes to one. */
export function joinedScopes(scopes: readonly RustScope[]): RustScope {
  const all = <K extends keyof RustScope>(key: K): RustScope[K][number][] =>
    scopes.flatMap((scope) => [...scope[key]] as RustScope[K][number][])
  return {
    attributes: all('attributes'),
    items: all('items'),
    consts: all('consts'),
    uses: all('uses'),
    impls: all('impls'),
    functions: all('functions'),
    macros: all('macros'),
    invocations: all('invocations'),
    modules: all('modules'),
    blocks: all('blocks'),
    externs: all('externs'),
    errors: all('errors'),
  }
}

/** Reads the items of a file or of a `mod` block from its syntax tree. */
export class ScopeReader {
  readonly #source: Source

  constructor(source: Source) {
    this.#source = source
  }

  scope(top: SyntaxNode): RustScope {
    const scope = {
      attributes: [] as Meta[],
      items: [] as RustItem[],
      consts: [] as RustConst[],
      uses: [] as RustUse[],
      impls: [] as RustImpl[],
      functions: [] as RustFunction[],
      macros: [] as RustMacro[],
      invocations: [] as RustInvocation[],
      modules: [] as RustModule[],
      blocks: [] as RustBlock[],
      externs: [] as { crate: string; as: string }[],
      errors: [] as SourceLocation[],
    }
    const add = (node: SyntaxNode, attributes: readonly Meta[]): void => {
      switch (node.name) {
        case 'AttributeItem':
          for (const inner of childrenOf(node))
            if (inner.name !== 'Attribute') add(inner, readAttributes(node, this.#source))
          break
        case 'InnerAttribute':
          scope.attributes.push(...readAttribute(node, this.#source))
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
          if (node.name === 'TraitItem') scope.blocks.push(...this.#implementingFunctions(node))
          const item = this.#item(node, attributes)
          if (item) scope.items.push(item)
          break
        }
        case 'ConstItem':
        case 'StaticItem':
          scope.consts.push(...this.#const(node, attributes))
          if (this.#mayImplement(node)) scope.blocks.push({ body: this.#blockOf(node) })
          break
        case 'FunctionItem': {
          const functions = this.#function(node, attributes)
          scope.functions.push(...functions)
          if (this.#mayImplement(node)) scope.blocks.push(...functions)
          break
        }
        case 'UseDeclaration':
          scope.uses.push(...readUses(node, attributes, this.#source))
          break
        case 'ImplItem': {
          const impl = this.#impl(node, attributes)
          if (impl) scope.impls.push(impl)
          if (impl) scope.blocks.push(...this.#implementingFunctions(node))
          break
        }
        case 'ModItem': {
          const name = childOf(node, 'BoundIdentifier')
          const body = childOf(node, 'DeclarationList')
          if (name) {
            const inner = body === undefined ? undefined : this.scope(body)
            scope.modules.push({
              name: this.#name(name),
              at: node.from,
              visibility: readVisibility(node, this.#source),
              attributes,
              location: this.#source.locationOf(node),
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
          if (name) scope.macros.push({ name: this.#name(name), at: node.from, attributes, rules })
          break
        }
        case 'MacroInvocation': {
          const [path] = childrenOf(node)
          const tokens = childOf(node, 'ParenthesizedTokens', 'BracketedTokens', 'BracedTokens')
          if (path && tokens) {
            const name = oneLine(this.#source.textOf(path)).replaceAll(' ', '')
            scope.invocations.push({
              name,
              at: node.from,
              tokens: this.#expression(tokens),
              attributes,
              location: this.#source.locationOf(node),
            })
          }
          break
        }
        case 'ExternCrateDeclaration': {
          const [crate, as] = childrenOf(node).filter((child) => /Identifier$|^self$/.test(child.name))
          if (crate) scope.externs.push({ crate: this.#name(crate), as: this.#name(as ?? crate) })
          break
        }
        // The name of error nodes in the parser.
        case '⚠':
          scope.errors.push(this.#source.locationOf(node))
          break
      }
    }
    for (const node of childrenOf(top)) add(node, [])
    return scope
  }

  /** Reads the items of a block and of the blocks inside it. */
  block(node: SyntaxNode): RustScope {
    const blocks: SyntaxNode[] = []
    node.cursor().iterate(({ name, node: inner }) => {
      if (name === 'Block') blocks.push(inner)
      // Items have scopes of their own.
      return !/^(FunctionItem|ImplItem|ModItem|TraitItem)$/.test(name)
    })
    return joinedScopes(blocks.map((block) => this.scope(block)))
  }

  #name(node: SyntaxNode): string {
    return identifierText(this.#source.textOf(node))
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
      location: this.#source.locationOf(identifier),
      visibility: readVisibility(node, this.#source),
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
        return type && type !== identifier ? { ...base, kind: 'alias', type: readType(type, this.#source) } : undefined
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
        const equals = parts.findIndex((part) => part.name === '=')
        const value = equals === -1 ? undefined : parts[equals + 1]
        const fallback = value && readConstArgument(value, this.#source)
        return name ? [{ kind: 'value', name: this.#name(name), fallback }] : []
      }
      const name = nameOf(node)
      if (!name) return []
      const fallback = node.name === 'OptionalTypeParameter' ? childrenOf(node).findLast(isType) : undefined
      return [
        {
          kind: 'type',
          name: this.#name(name),
          fallback: fallback && fallback !== name ? readType(fallback, this.#source) : undefined,
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
        return [
          {
            name: this.#name(name),
            type: readType(type, this.#source),
            attributes,
            location: this.#source.locationOf(field),
          },
        ]
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
        location: this.#source.locationOf(type),
      }))
    return { kind: 'tuple', fields }
  }

  /**
   * Reads the type of a tuple field. In `Placed(crate::Order)` the grammar parses `crate` as the visibility of the field, so
   * this puts it back into the path.
   */
  #fieldType(node: SyntaxNode): RustType {
    const type = readType(node, this.#source)
    const before = node.prevSibling
    if (type.kind !== 'path' || !type.isGlobal || before?.name !== 'Vis') return type
    if (this.#source.textOf(before) !== 'crate') return type
    const segments = [{ name: 'crate', args: [] }, ...type.segments]
    return { ...type, text: `crate${type.text}`, segments, isGlobal: false }
  }

  #variants(list: SyntaxNode): RustVariant[] {
    return this.#withAttributes(list).flatMap(({ node, attributes }) => {
      const name = childOf(node, 'Identifier')
      return name
        ? [{ name: this.#name(name), fields: this.#fields(node), attributes, location: this.#source.locationOf(node) }]
        : []
    })
  }

  /** Pairs fields and variants with their attributes, which are preceding siblings in the syntax tree. */
  #withAttributes(list: SyntaxNode): { node: SyntaxNode; attributes: Meta[] }[] {
    const found: { node: SyntaxNode; attributes: Meta[] }[] = []
    let attributes: Meta[] = []
    for (const node of childrenOf(list)) {
      if (node.name === 'Attribute') attributes.push(...readAttribute(node, this.#source))
      else if (node.name === 'FieldDeclaration' || node.name === 'EnumVariant' || isType(node)) {
        found.push({ node, attributes })
        attributes = []
      }
    }
    return found
  }

  #const(node: SyntaxNode, attributes: readonly Meta[]): RustConst[] {
    const name = childOf(node, 'BoundIdentifier')
    const parts = childrenOf(node)
    const equals = parts.findIndex((part) => part.name === '=')
    const value = equals === -1 ? undefined : parts[equals + 1]
    const type = parts.findLast((part, index) => index < (equals === -1 ? parts.length : equals) && isType(part))
    return name
      ? [
          {
            name: this.#name(name),
            attributes,
            visibility: readVisibility(node, this.#source),
            type: type && readType(type, this.#source),
            value: value && this.#expression(value),
          },
        ]
      : []
  }

  #function(node: SyntaxNode, attributes: readonly Meta[]): RustFunction[] {
    const name = childOf(node, 'BoundIdentifier')
    return name ? [new LazyFunction(this.#name(name), attributes, node, this.#source)] : []
  }

  /** Whether the text of a node contains an impl block of a trait. */
  #mayImplement(node: SyntaxNode): boolean {
    return /\bimpl\b[^;{}]*\bfor\b/.test(this.#source.textOf(node))
  }

  /** The block that is the value of a constant. */
  #blockOf(node: SyntaxNode): Expression | undefined {
    const block = childOf(node, 'Block')
    return block && this.#expression(block)
  }

  /** The functions of an impl block or a trait whose bodies contain impl blocks of traits. */
  #implementingFunctions(node: SyntaxNode): RustFunction[] {
    const body = childOf(node, 'DeclarationList')
    const items = body ? childrenOf(body).flatMap((child) => this.#unwrapped(child).node) : []
    return items.flatMap((item) =>
      item.name === 'FunctionItem' && this.#mayImplement(item) ? this.#function(item, []) : [],
    )
  }

  /** An item with its attributes, which are its parent in the syntax tree. */
  #unwrapped(node: SyntaxNode): { node: SyntaxNode; attributes: Meta[] } {
    if (node.name !== 'AttributeItem') return { node, attributes: [] }
    const inner = childrenOf(node).find(({ name }) => name !== 'Attribute')
    return { node: inner ?? node, attributes: readAttributes(node, this.#source) }
  }

  #impl(node: SyntaxNode, attributes: readonly Meta[]): RustImpl | undefined {
    const types = childrenOf(node).filter(isType)
    const self = types.at(-1)
    const body = childOf(node, 'DeclarationList')
    if (!self || !body) return undefined
    const items = childrenOf(body).map((child) => this.#unwrapped(child))
    const aliases = items.flatMap((item) =>
      item.node.name === 'TypeItem' ? (this.#item(item.node, item.attributes) ?? []) : [],
    )
    const generics = childOf(node, 'TypeParamList')
    return {
      attributes,
      generics: generics ? this.#generics(generics) : [],
      types: aliases.flatMap((alias) =>
        alias.kind === 'alias' ? [{ name: alias.name, type: alias.type, attributes: alias.attributes }] : [],
      ),
      trait: types.length > 1 && types[0] ? readType(types[0], this.#source) : undefined,
      self: readType(self, this.#source),
      functions: items.flatMap((item) =>
        item.node.name === 'FunctionItem' ? this.#function(item.node, item.attributes) : [],
      ),
      consts: items.flatMap((item) => (item.node.name === 'ConstItem' ? this.#const(item.node, item.attributes) : [])),
      location: this.#source.locationOf(node),
    }
  }
}
