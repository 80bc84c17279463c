import type { parser } from '@lezer/rust'

export type SyntaxNode = ReturnType<typeof parser.parse>['topNode']

/** A line of a source file. */
export interface SourceLocation {
  readonly file: string
  readonly line: number
}

export const formatLocation = ({ file, line }: SourceLocation): string => `${file}:${line}`

/** Rust source text: a whole file, a function of a file, or the expansion of a macro call in a file. */
export class Source {
  readonly file: string
  readonly text: string
  /** The offsets at which lines begin. `undefined` if every node has the line `#line`. */
  readonly #lineStarts: number[] | undefined
  readonly #line: number

  /** With `line`, every node of the text is located at that line: the line of the macro call or the function. */
  constructor(file: string, text: string, line?: number) {
    this.file = file
    this.text = text
    this.#line = line ?? 0
    if (line !== undefined) return
    this.#lineStarts = [0]
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) this.#lineStarts.push(at + 1)
  }

  lineOf(node: SyntaxNode): number {
    return this.lineAt(node.from)
  }

  lineAt(offset: number): number {
    const starts = this.#lineStarts
    if (!starts) return this.#line
    let [low, high] = [0, starts.length]
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if ((starts[middle] as number) <= offset) low = middle
      else high = middle
    }
    return low + 1
  }

  locationOf(node: SyntaxNode): SourceLocation {
    return { file: this.file, line: this.lineOf(node) }
  }

  textOf(node: SyntaxNode): string {
    return this.text.slice(node.from, node.to)
  }
}

/** Returns the children of a node without comments. */
export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = []
  for (let child = node.firstChild; child; child = child.nextSibling) {
    if (child.name !== 'LineComment' && child.name !== 'BlockComment') children.push(child)
  }
  return children
}

/** The first child that has one of the given node names. */
export const childOf = (node: SyntaxNode, ...names: string[]): SyntaxNode | undefined =>
  childrenOf(node).find(({ name }) => names.includes(name))
