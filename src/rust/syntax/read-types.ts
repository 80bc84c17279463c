import type { PathSegment, RustType } from '../ast.ts'
import { identifierText, typeText } from '../rust-text.ts'
import { childOf, childrenOf, type Source, type SyntaxNode } from '../source.ts'

const typeNodes = new Set([
  ...['TypeIdentifier', 'ScopedTypeIdentifier', 'SelfType', 'GenericType', 'TupleType', 'UnitType', 'ArrayType'],
  ...['ReferenceType', 'PointerType', 'AbstractType', 'DynamicType', 'FunctionType', 'EmptyType', 'InferredType'],
  ...['BoundedType', 'MetaType', 'MacroInvocation'],
])

export const isType = ({ name }: SyntaxNode): boolean => typeNodes.has(name)

export function readType(node: SyntaxNode, source: Source): RustType {
  const base = { text: typeText(source.textOf(node)), location: source.locationOf(node) }
  const inner = childrenOf(node)
  const types = inner.filter(isType)
  const [first] = types
  const other = (what: string): RustType => ({ ...base, kind: 'other', what })
  switch (node.name) {
    case 'TypeIdentifier':
    case 'SelfType':
    case 'ScopedTypeIdentifier':
    case 'GenericType': {
      const path = readPath(node, source)
      return path ? { ...base, kind: 'path', ...path } : (readAssociated(node, source) ?? other('an associated type'))
    }
    case 'UnitType':
      return { ...base, kind: 'tuple', items: [] }
    case 'TupleType':
      // `(T)` is `T` in parentheses, `(T,)` is a tuple.
      if (first && types.length === 1 && !inner.some(({ name }) => name === ',')) return readType(first, source)
      return { ...base, kind: 'tuple', items: types.map((type) => readType(type, source)) }
    case 'ArrayType': {
      if (!first) return other('an incomplete type')
      const semicolon = inner.findIndex(({ name }) => name === ';')
      const length = semicolon === -1 ? undefined : inner[semicolon + 1]
      return length
        ? { ...base, kind: 'array', item: readType(first, source), length: { node: length, source } }
        : { ...base, kind: 'slice', item: readType(first, source) }
    }
    case 'ReferenceType':
      return first ? { ...base, kind: 'reference', item: readType(first, source) } : other('an incomplete type')
    case 'BoundedType':
    case 'DynamicType':
      return other('a trait object')
    case 'FunctionType':
      return other('a function')
    case 'PointerType':
      return other('a raw pointer')
    case 'MacroInvocation':
      return other('a type that a macro defines')
    default:
      return other('a type that serde does not serialize')
  }
}

/** Reads a const argument of a path, or the default of a const parameter. */
export const readConstArgument = (node: SyntaxNode, source: Source): RustType => ({
  text: typeText(source.textOf(node)),
  location: source.locationOf(node),
  kind: 'value',
  value: { node, source },
})

/** Reads `<T as Trait>::Output`. */
function readAssociated(node: SyntaxNode, source: Source): RustType | undefined {
  const scope = childOf(node, 'QualifiedScope')
  const name = childrenOf(node).at(-1)
  const [self, trait] = scope ? childrenOf(scope).filter(isType) : []
  if (!self || name?.name !== 'TypeIdentifier') return undefined
  const traitType = trait && readType(trait, source)
  return {
    ...{ text: typeText(source.textOf(node)), location: source.locationOf(node), kind: 'associated' },
    ...{
      self: readType(self, source),
      trait: traitType?.kind === 'path' ? traitType.segments.at(-1)?.name : undefined,
    },
    name: identifierText(source.textOf(name)),
  }
}

/** Reads the segments of a path. `undefined` for a path through `<T as Trait>`. */
function readPath(node: SyntaxNode, source: Source): { segments: PathSegment[]; isGlobal: boolean } | undefined {
  const segments: PathSegment[] = []
  let isGlobal = false
  for (const [index, child] of (node.firstChild ? childrenOf(node) : [node]).entries()) {
    switch (child.name) {
      case '::':
        if (index === 0) isGlobal = true
        break
      case 'TypeArgList': {
        const last = segments.pop()
        if (last) segments.push({ ...last, args: readArguments(child, source) })
        break
      }
      case 'GenericType':
      case 'ScopedTypeIdentifier':
      case 'SelfType': {
        const path = child.firstChild ? readPath(child, source) : undefined
        if (child.name !== 'SelfType' && !path) return undefined
        segments.push(...(path?.segments ?? [{ name: 'Self', args: [] }]))
        isGlobal ||= path?.isGlobal ?? false
        break
      }
      case 'QualifiedScope':
      case 'MetaType':
        return undefined
      // The name of error nodes in the parser.
      case '⚠':
        break
      default:
        segments.push({ name: identifierText(source.textOf(child)), args: [] })
    }
  }
  return { segments, isGlobal }
}

const readArguments = (list: SyntaxNode, source: Source): RustType[] =>
  childrenOf(list).flatMap((node) => {
    if (isType(node)) return [readType(node, source)]
    return /^(Integer|Block|Boolean|Char)$/.test(node.name) ? [readConstArgument(node, source)] : []
  })
