import { parser } from '@lezer/javascript'
import { type Name, parseName, spellings } from '../name.ts'
import type { KnownAction, KnownField, KnownTopic } from './topic.ts'
import { fromTypeScript } from './topic-types.ts'

type SyntaxNode = ReturnType<typeof parser.parse>['topNode']

const typescript = parser.configure({ dialect: 'ts' })

/**
 * Describes a topic by the actions of the aggregate that writes the topic: the members of the unions `OrderEvent` and `OrderCommand`.
 * Returns `undefined` if the module has no events.
 */
export function topicFromTypeScript(text: string, aggregate: Name, file: string): KnownTopic | undefined {
  const { topNode } = typescript.parse(text)
  const declarations = new Map<string, SyntaxNode>()
  for (let node = topNode.firstChild; node !== null; node = node.nextSibling) {
    const declaration =
      node.name === 'ExportDeclaration'
        ? (node.getChild('TypeAliasDeclaration') ?? node.getChild('InterfaceDeclaration'))
        : node
    const name = declaration?.getChild('TypeDefinition')
    if (declaration && name) declarations.set(text.slice(name.from, name.to), declaration)
  }
  const membersOf = (suffix: string): readonly KnownAction[] => {
    const union = declarations.get(`${spellings.pascal(aggregate)}${suffix}`)
    return union === undefined
      ? []
      : namesIn(union, text).flatMap((name) => actionOf(name, declarations.get(name), text) ?? [])
  }
  const events = membersOf('Event')
  if (events.length === 0) return undefined
  return { topic: `${spellings.kebab(aggregate)}-events`, events, commands: membersOf('Command'), source: file }
}

/** Returns the names of the members of a union, or the name of a single type. */
function namesIn(node: SyntaxNode, text: string): string[] {
  if (node.name === 'TypeName') return [text.slice(node.from, node.to)]
  const names: string[] = []
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    if (child.name === 'TypeName' || child.name === 'UnionType') names.push(...namesIn(child, text))
  }
  return names
}

/** Describes an action by its type; returns `undefined` if the type is not an object type. */
function actionOf(text: string, declaration: SyntaxNode | undefined, source: string): KnownAction | undefined {
  const name = parseName(text)
  const body = declaration?.getChild('ObjectType')
  if (name === undefined || body === null || body === undefined) return undefined
  const fields: KnownField[] = body.getChildren('PropertyType').flatMap((property) => {
    const definition = property.getChild('PropertyDefinition')
    const type = property.getChild('TypeAnnotation')
    if (definition === null || type === null) return []
    const field = source.slice(definition.from, definition.to)
    // Left out, because an optional field may have no value for the field of a command.
    const isOptional = source.slice(definition.to, type.from).includes('?')
    return field === 'type' || isOptional
      ? []
      : [{ name: field, type: fromTypeScript(source.slice(type.from, type.to).replace(/^:\s*/, '')) }]
  })
  return { name, fields }
}
