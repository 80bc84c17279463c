import { parser } from '@lezer/javascript'
import { inNaturalOrder } from '../layout/natural-order.ts'
import { LINE_WIDTH } from '../layout/typescript-lines.ts'
import type { Edited } from './edit.ts'

type SyntaxNode = ReturnType<typeof parser.parse>['topNode']

const typescript = parser.configure({ dialect: 'ts' })

interface ListItem {
  /** Name of the variable that holds the array. */
  readonly list: string
  /** Name of the item, here and in the module that exports it. */
  readonly item: string
  /** The module that exports the item. */
  readonly from: string
}

/** Adds an item to an array of a TypeScript module, and the import of the item, unless the module has them already. */
export function addListItem(text: string, { list, item, from }: ListItem): Edited {
  const { topNode } = typescript.parse(text)
  const array = arrayOf(topNode, text, list)
  if (array === undefined) return { ok: false, reason: `the file has no array '${list}'` }
  const hasItem = childrenOf(array).some((node) => node.name === 'VariableName' && textOf(node, text) === item)
  const withItem = hasItem ? text : insertItem(text, array, item)
  const imports = importsIn(topNode)
  const isImported = imports.some((node) => namesIn(node, text).includes(item))
  // The imports come before the array, so their offsets are the same in both texts.
  return { ok: true, text: isImported ? withItem : insertImport(withItem, text, imports, { item, from }), kept: [] }
}

/** Finds the array literal that initializes a variable at the top level of the module. */
function arrayOf(top: SyntaxNode, text: string, name: string): SyntaxNode | undefined {
  const statements = childrenOf(top).map((node) => (node.name === 'ExportDeclaration' ? node.getChild(VARIABLE) : node))
  for (const declaration of statements) {
    if (declaration?.name !== VARIABLE) continue
    // One declaration may have several variables, each followed by its value.
    let isWanted = false
    for (const node of childrenOf(declaration)) {
      if (node.name === 'VariableDefinition') isWanted = textOf(node, text) === name
      // In `[] satisfies Part[]`, the array is a child of the value.
      const array = node.name === 'ArrayExpression' ? node : node.getChild('ArrayExpression')
      if (isWanted && array !== null) return array
    }
  }
  return undefined
}

const VARIABLE = 'VariableDeclaration'

/** Adds an item to the end of an array, on one line or with one item per line, as the array is formatted. */
function insertItem(text: string, array: SyntaxNode, item: string): string {
  const inside = text.slice(array.from + 1, array.to - 1)
  const items = childrenOf(array).filter(({ name }) => !['[', ']', ',', 'LineComment', 'BlockComment'].includes(name))
  const last = items.at(-1)
  if (last === undefined && inside.trim() === '') return splice(text, array.from + 1, array.to - 1, item)
  const lineStart = text.lastIndexOf('\n', array.from) + 1
  const lineEnd = text.indexOf('\n', array.to)
  const width = (lineEnd === -1 ? text.length : lineEnd) - lineStart + item.length + 2
  if (!inside.includes('\n') && last !== undefined) {
    if (width <= LINE_WIDTH) return splice(text, last.to, array.to - 1, `, ${item}`)
    const lines = [...items.map((node) => textOf(node, text)), item].map((line) => `\n  ${line},`)
    return splice(text, array.from + 1, array.to - 1, `${lines.join('')}\n`)
  }
  const comma =
    last === undefined ? undefined : childrenOf(array).find(({ name, from }) => name === ',' && from >= last.to)
  const indent = /\n([ \t]*)\S/.exec(inside)?.[1] ?? '  '
  const closing = text.lastIndexOf('\n', array.to - 1)
  const withItem = splice(text, closing, closing, `\n${indent}${item},`)
  return last === undefined || comma !== undefined ? withItem : splice(withItem, last.to, last.to, ',')
}

const importsIn = (top: SyntaxNode): SyntaxNode[] => childrenOf(top).filter(({ name }) => name === 'ImportDeclaration')

/** The names that an import declares. */
const namesIn = (node: SyntaxNode, text: string): string[] =>
  (node.getChild('ImportGroup')?.getChildren('VariableDefinition') ?? []).map((name) => textOf(name, text))

/**
 * Inserts an import in the order of formatters: packages before files, each sorted by name. `original` is the text before other
 * edits, in which `imports` have their offsets.
 */
function insertImport(
  text: string,
  original: string,
  imports: readonly SyntaxNode[],
  { item, from }: Pick<ListItem, 'item' | 'from'>,
): string {
  const line = `import { ${item} } from '${from}'`
  const specifier = (node: SyntaxNode) =>
    original.slice((node.getChild('String')?.from ?? 0) + 1, (node.getChild('String')?.to ?? 0) - 1)
  const before = imports.filter((node) => comesBefore(specifier(node), from)).at(-1)
  if (before !== undefined) return splice(text, before.to, before.to, `\n${line}`)
  const [first] = imports
  return first === undefined ? `${line}\n\n${text}` : splice(text, first.from, first.from, `${line}\n`)
}

function comesBefore(a: string, b: string): boolean {
  if (a.startsWith('.') !== b.startsWith('.')) return b.startsWith('.')
  return inNaturalOrder(a, b) < 0
}

function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = []
  for (let child = node.firstChild; child !== null; child = child.nextSibling) children.push(child)
  return children
}

const textOf = (node: SyntaxNode, text: string): string => text.slice(node.from, node.to)

const splice = (text: string, from: number, to: number, by: string): string => text.slice(0, from) + by + text.slice(to)
