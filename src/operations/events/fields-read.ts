import type { ASTNode } from '@marcbachmann/cel-js'
import type { FieldSelection } from '../../schema/bincode/field-selection.ts'
import { type Node, nodesOf, partsOf } from './cel-tree.ts'

/** The fields found so far, before they are returned. */
type Fields = Map<string, FieldSelection>

/**
 * Finds what a parsed and checked expression reads of its variables: for `data.a.b > 1 && key == "k"`, of `data` the field `b` of the
 * field `a`, and all of `key`. A variable that is missing in the result is not read. Call it before `meter` changes the tree.
 */
export function fieldsRead(root: ASTNode, variables: ReadonlySet<string>): ReadonlyMap<string, FieldSelection> {
  const found: Fields = new Map()
  // The nodes of a path below its last field, which are read as a part of the path.
  const isCovered = new Set<Node>()
  for (const node of nodesOf(root as unknown as Node)) {
    if (isCovered.has(node)) continue
    const path = pathOf(node)
    if (path === undefined || !variables.has(path.names[0] as string)) continue
    for (const below of path.below) isCovered.add(below)
    add(found, path.names)
  }
  return found
}

/** Returns the selection of the fields at some paths, each with a name for each level. */
export function selectionOf(paths: readonly (readonly string[])[]): FieldSelection {
  const selected: Fields = new Map()
  for (const path of paths) add(selected, path)
  return selected
}

/** Adds a path to the fields. The whole value includes each of its fields. */
function add(fields: Fields, [name = '', ...rest]: readonly string[]): void {
  const known = fields.get(name)
  if (known === 'all') return
  if (rest.length === 0) {
    fields.set(name, 'all')
    return
  }
  const inside = (known as Fields | undefined) ?? new Map()
  fields.set(name, inside)
  add(inside, rest)
}

/** A variable with the fields that are read one inside the other, such as `data.a["b"]`, and the nodes below the last field. */
interface Path {
  readonly names: readonly string[]
  readonly below: readonly Node[]
}

/** Returns the path that a node reads; `undefined` if the node is not a variable with fields of constant names. */
function pathOf(node: Node): Path | undefined {
  const names: string[] = []
  const below: Node[] = []
  for (let at = node; ; ) {
    if (at !== node) below.push(at)
    if (at.op === 'id') return { names: [at.args as string, ...names.reverse()], below }
    const name = fieldName(at)
    const [inner] = partsOf(at)
    if (name === undefined || inner === undefined) return undefined
    names.push(name)
    at = inner
  }
}

/** Returns the name of the field that a node reads, as in `x.name`, `x.?name`, `x["name"]` and `x[?"name"]`. */
function fieldName({ op, args }: Node): string | undefined {
  if (!fieldOperators.has(op)) return undefined
  const name = (args as readonly unknown[])[1]
  if (typeof name === 'string') return name
  const { op: kind, args: literal } = name as Node
  return kind === 'value' && typeof literal === 'string' ? literal : undefined
}

const fieldOperators: ReadonlySet<string> = new Set(['.', '.?', '[]', '[?]'])
