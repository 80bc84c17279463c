import { compareText } from '../bus/compare.ts'

/** Messages of a conversation below the message that caused them. */
export type ConversationTree = readonly {
  readonly name: string
  readonly branches: ConversationTree
}[]

/**
 * Parses lines that are indented below their parents. Empty lines and the indentation of all lines do not count. Throws a `TypeError` for
 * a line that is indented between two levels, or with tabs and spaces.
 */
export function parseTree(text: string): ConversationTree {
  const root: Mutable[] = []
  const open: { readonly indent: number; readonly branches: Mutable[] }[] = []
  for (const line of text.split('\n')) {
    const name = line.trim()
    if (name === '') continue
    const margin = line.slice(0, line.indexOf(name))
    if (margin.includes('\t') && margin.includes(' '))
      throw new TypeError(`line '${name}' is indented with tabs and spaces`)
    const indent = margin.length
    while ((open.at(-1)?.indent ?? -1) >= indent) open.pop()
    const siblings = open.at(-1)?.branches ?? root
    const first = indentOf.get(siblings)
    if (first === undefined) indentOf.set(siblings, indent)
    else if (first !== indent)
      throw new TypeError(`line '${name}' is indented by ${indent}, and the line of the same level above by ${first}`)
    const branch = { name, branches: [] }
    siblings.push(branch)
    open.push({ indent, branches: branch.branches })
  }
  return root
}

interface Mutable {
  readonly name: string
  readonly branches: Mutable[]
}

/** The indentation of the first of some siblings. */
const indentOf = new WeakMap<readonly Mutable[], number>()

const INDENT = '  '

/** Formats a tree with two spaces for each level. */
export const treeText = (tree: ConversationTree): string => linesOf(tree).join('\n')

const linesOf = (tree: ConversationTree): string[] =>
  tree.flatMap(({ name, branches }) => [name, ...linesOf(branches).map((line) => `${INDENT}${line}`)])

/**
 * Compares trees without regard to the order of siblings. A name without a version, in the expected tree, stands for all versions.
 * `undefined` if they are equal; else both as texts with sorted siblings.
 */
export function differsFrom(
  found: ConversationTree,
  expected: ConversationTree,
): { readonly found: string; readonly expected: string } | undefined {
  const names = new Set(namesOf(expected))
  const shorten = (name: string) => (names.has(name) ? name : name.replace(/\.v\d+$/, ''))
  const texts = { found: treeText(sorted(found, shorten)), expected: treeText(sorted(expected, (name) => name)) }
  return texts.found === texts.expected ? undefined : texts
}

const namesOf = (tree: ConversationTree): string[] => tree.flatMap(({ name, branches }) => [name, ...namesOf(branches)])

function sorted(tree: ConversationTree, rename: (name: string) => string): ConversationTree {
  return tree
    .map(({ name, branches }) => ({ name: rename(name), branches: sorted(branches, rename) }))
    .sort((a, b) => compareText(treeText([a]), treeText([b])))
}
