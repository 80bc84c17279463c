/**
 * A node of the syntax tree of cel-js. Its types leave these properties out, so `package.json` pins the version in which they
 * were found.
 */
export interface Node {
  readonly op: string
  readonly args: unknown
  /** `alternate` is the expansion of a macro such as `all`. */
  readonly meta: { readonly alternate?: Node; evaluate: Calculate }
  /** Computes the node from its operands, which are the first arguments. The node of a call gets all operands as one list. */
  handle?: Calculate
}

/** A node that the library evaluates with this method. */
interface Evaluable {
  evaluate(evaluator: unknown, node: unknown, context: unknown): unknown
}

/** The arguments of a `comprehension` node, which iterates over a list. */
export interface Comprehension {
  readonly iterable: Node
  readonly init: Node
  /** The node that is evaluated for each element. */
  step: Evaluable
  /** Whether to continue, given the result so far. */
  condition?: (found: unknown) => boolean
}

/** Computes a node from its operands. */
export type Calculate = (...operands: unknown[]) => unknown

/** Lists a node and all nodes below it, each once. */
export function nodesOf(root: Node): readonly Node[] {
  const found = new Set<Node>([root])
  // Iterating over a set includes the elements added meanwhile.
  for (const node of found) for (const part of partsOf(node)) found.add(part)
  return [...found]
}

/** Lists the nodes directly below a node that are evaluated for it. */
export function partsOf({ op, args, meta }: Node): readonly Node[] {
  if (meta.alternate !== undefined) return [meta.alternate]
  if (op === 'value') return []
  if (op === 'comprehension') {
    const { iterable, init, step } = args as Comprehension
    return [iterable, init, step as unknown as Node]
  }
  return [args].flat(3).filter((one): one is Node => typeof one === 'object' && one !== null && 'op' in one)
}
