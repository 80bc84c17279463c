import type {
  Expression,
  Generic,
  Meta,
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
} from './ast.ts'
import { LazyFunction } from './lazy-function.ts'
import { readAttribute, readAttributes } from './read-attributes.ts'
import { isType, readConstArgument, readType } from './read-types.ts'
import { readUses } from './read-uses.ts'
import { identifierText, oneLine } from './rust-text.ts'
import { childOf, childrenOf, isPublic, type Source, type SourceLocation, type SyntaxNode } from './source.ts'

function hasError(node: SyntaxNode): boolean {
  let found = false
  node.cursor().iterate((part) => {
    found ||= part.type.isError
    return !found
  })
  return found
}

/** Reads the items of a file or of a `mod` block from its syntax tree. */
export class ScopeReader {
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
      errors: [] as SourceLocation[],
    }
    const add = (node: SyntaxNode, attributes: readonly Meta[]): void => {
      switch (node.name) {
        case 'AttributeItem':
          for (const inner of childrenOf(node))
            if (inner.name !== 'Attribute') add(inner, readAttributes(node, this.#source))
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
          scope.uses.push(...readUses(node, attributes, this.#source))
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
          if (name) scope.macros.push({ name: this.#name(name), attributes, rules })
          break
        }
        case 'MacroInvocation': {
          const [path] = childrenOf(node)
          const tokens = childOf(node, 'ParenthesizedTokens', 'BracketedTokens', 'BracedTokens')
          if (path && tokens) {
            const name = oneLine(this.#source.textOf(path)).replaceAll(' ', '')
            scope.invocations.push({
              name,
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
      trait: types.length > 1 && types[0] ? readType(types[0], this.#source) : undefined,
      self: readType(self, this.#source),
      functions: items.flatMap((item) => (item.name === 'FunctionItem' ? this.#function(item) : [])),
      consts: items.flatMap((item) => (item.name === 'ConstItem' ? this.#const(item, []) : [])),
      location: this.#source.locationOf(node),
    }
  }
}
