import type { ASTNode } from '@marcbachmann/cel-js'
import type { LinearRegExps } from './linear-regexp.ts'

/**
 * Steps that an expression may take for one record. A step takes about 20 ns: evaluating a node inside a macro such as `all` or
 * `map`, or processing an element of a list or a few characters of a string.
 */
export const MAX_STEPS = 20_000_000

/** Maximum depth of an expression, chained operators included, because evaluation recurses for each. */
const MAX_DEPTH = 1000
const CHARACTERS_PER_STEP = 8
/** Creating an error takes 10 µs. */
const STEPS_PER_ERROR = 500

/** Internals of the library that are missing from its types. `package.json` pins the version they were read from. */
interface Node {
  readonly op: string
  readonly args: unknown
  /** `alternate` is the expansion of a macro such as `all`. */
  readonly meta: { readonly alternate?: Node; evaluate: Calculate }
  /** Computes the node from its operands, the first arguments. A call passes all operands as one list. */
  handle?: Calculate
}

interface Evaluated {
  evaluate(evaluator: unknown, node: unknown, context: unknown): unknown
}

/** The arguments of a `comprehension` node, which iterates over a list. */
interface Comprehension {
  readonly iterable: Node
  readonly init: Node
  /** The node that is evaluated for each element. */
  step: Evaluated
  /** Whether to continue, given the result so far. */
  condition?: (found: unknown) => boolean
}

/** Ends an evaluation that exceeds its budget. CEL's `||` and `&&` may catch it, so {@link Budget.isSpent} is checked too. */
const overBudget = new Error('it takes too many steps')

/** The remaining steps for a record. */
export class Budget {
  #left = MAX_STEPS

  get isSpent(): boolean {
    return this.#left < 0
  }

  refill(): void {
    this.#left = MAX_STEPS
  }

  spend(steps: number): void {
    this.#left -= steps
    if (this.#left < 0) throw overBudget
  }
}

/** Explains why an expression is too deep to evaluate; `undefined` when it is not. */
export function whyTooDeep(root: ASTNode): string | undefined {
  const rest: [node: Node, depth: number][] = [[root as unknown as Node, 1]]
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const [node, depth] = next
    if (depth > MAX_DEPTH) return `it is more than ${MAX_DEPTH} operators deep; use "x in [...]" for many alternatives`
    for (const part of partsOf(node)) rest.push([part, depth + 1])
  }
  return undefined
}

/** The regular expressions in an expression; `undefined` for a pattern that depends on the record. */
export const patternsOf = (root: ASTNode): readonly (string | undefined)[] =>
  nodesOf(root as unknown as Node)
    .filter(isMatch)
    .map(({ args }) => {
      const pattern = (args as [string, Node, Node[]])[2][0]
      return pattern?.op === 'value' && typeof pattern.args === 'string' ? pattern.args : undefined
    })

/**
 * Instruments a checked expression to charge a budget before expensive work: each iteration of a comprehension, and each operator
 * and call by the size of its operands. `regExps` matches the regular expressions.
 */
export function meter(root: ASTNode, budget: Budget, regExps: LinearRegExps | undefined): void {
  for (const node of nodesOf(root as unknown as Node)) {
    const { op, args, meta, handle } = node
    if (op === 'comprehension') meterRounds(args as Comprehension, budget)
    if (op === '||' || op === '&&') meta.evaluate = chargingErrors(meta.evaluate, budget)
    // The nodes below a conditional are charged themselves.
    if (handle === undefined || op === '?:') continue
    const spend = spendingOf(node, budget)
    const calculate = isMatch(node) && regExps !== undefined ? matching(handle, budget, regExps) : handle
    // The library passes at most four arguments; naming them is faster than a rest parameter.
    const spending: Calculate = (left, right, third, fourth) => {
      spend?.(left, right)
      return calculate(left, right, third, fourth)
    }
    // The nodes inside a comprehension charge their own errors.
    node.handle = op === 'comprehension' ? spending : chargingErrors(spend === undefined ? calculate : spending, budget)
  }
}

type Calculate = (...operands: unknown[]) => unknown

/** Charges the creation of an error, because an operator that catches errors may do so a million times. */
const chargingErrors =
  (calculate: Calculate, budget: Budget): Calculate =>
  (a, b, c, d) => {
    try {
      return calculate(a, b, c, d)
    } catch (error) {
      budget.spend(STEPS_PER_ERROR)
      throw error
    }
  }

/** Evaluates `text.matches(pattern)` in linear time. The library refuses operands of other types. */
const matching =
  (handle: Calculate, budget: Budget, regExps: LinearRegExps): Calculate =>
  (operands, evaluator, node) => {
    const [text, pattern] = operands as readonly unknown[]
    if (typeof text !== 'string' || typeof pattern !== 'string') return handle(operands, evaluator, node)
    return regExps.test(pattern, text, (steps) => budget.spend(steps))
  }

/** How a node charges for its operands before it is computed. */
function spendingOf({ op, args }: Node, budget: Budget): ((left: unknown, right: unknown) => void) | undefined {
  if (op === '==' || op === '!=') return (left, right) => spendOnComparison(left, right, budget)
  if (op === 'in') return (left, right) => spendOnSearch(left, right, budget)
  if (binary.has(op)) {
    return (left, right) => {
      spendOn(left, budget)
      spendOn(right, budget)
    }
  }
  // The library makes a list of the keys of a map.
  if (op === 'comprehension') return (items) => (Array.isArray(items) ? undefined : spendOn(items, budget))
  if (op !== 'call' && op !== 'rcall') return undefined
  const isSize = (args as readonly unknown[])[0] === 'size'
  return (operands) => {
    const given = operands as readonly unknown[]
    // `size` of a list takes constant time.
    if (!isSize || !Array.isArray(given[0])) for (const operand of given) spendOn(operand, budget)
  }
}

const binary: ReadonlySet<string> = new Set(['+', '-', '*', '/', '%', '<', '<=', '>', '>='])

const isMatch = ({ op, args }: Node): boolean => op === 'rcall' && (args as readonly unknown[])[0] === 'matches'

function meterRounds(comprehension: Comprehension, budget: Budget): void {
  const { step, condition } = comprehension
  const steps = nodesOf(step as unknown as Node).length
  comprehension.step = {
    evaluate: (evaluator, _, context) => {
      budget.spend(steps)
      return step.evaluate(evaluator, step, context)
    },
  }
  // A quantifier continues after an error, because a later element may decide its result.
  comprehension.condition = (found) => !budget.isSpent && (condition === undefined || condition(found))
}

/** Charges for reading a value without the values inside it. */
function spendOn(value: unknown, budget: Budget): void {
  if (typeof value === 'string' || value instanceof Uint8Array) budget.spend(1 + value.length / CHARACTERS_PER_STEP)
  else if (value === null || typeof value !== 'object') budget.spend(1)
  else if (Array.isArray(value)) budget.spend(1 + value.length)
  else if (value instanceof Map || value instanceof Set) budget.spend(1 + value.size)
  else for (const _ in value) budget.spend(1)
}

/** Charges for reading a value with all values inside it. */
function spendOnAll(value: unknown, budget: Budget): void {
  spendOn(value, budget)
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return
  const inside = Array.isArray(value) || value instanceof Set || value instanceof Map ? value : Object.values(value)
  for (const one of inside) spendOnAll(one, budget)
}

function spendOnComparison(left: unknown, right: unknown, budget: Budget): void {
  // The library determines the types of both sides, for which it starts to list the keys of an object.
  if (!isCollection(left) || !isCollection(right)) {
    budget.spend(1)
    for (const side of [left, right]) if (isCollection(side) && !Array.isArray(side)) spendOn(side, budget)
    if (typeof left === 'string' && typeof right === 'string' && left.length === right.length) spendOn(left, budget)
  } else if (Array.isArray(left) && Array.isArray(right) && left.length !== right.length) budget.spend(1)
  else {
    spendOn(right, budget)
    spendOnAll(left, budget)
  }
}

function spendOnSearch(wanted: unknown, all: unknown, budget: Budget): void {
  spendOn(wanted, budget)
  if (isCollection(wanted) || (typeof wanted === 'string' && wanted.length > CHARACTERS_PER_STEP ** 2)) {
    spendOnAll(all, budget)
  } else spendOn(all, budget)
}

const isCollection = (value: unknown): value is object => value !== null && typeof value === 'object'

/** A node and all nodes below it, each once. */
function nodesOf(root: Node): readonly Node[] {
  const found = new Set<Node>([root])
  // Iterating over a set includes the elements added meanwhile.
  for (const node of found) for (const part of partsOf(node)) found.add(part)
  return [...found]
}

/** The nodes directly below a node that are evaluated for it. */
function partsOf({ op, args, meta }: Node): readonly Node[] {
  if (meta.alternate !== undefined) return [meta.alternate]
  if (op === 'value') return []
  if (op === 'comprehension') {
    const { iterable, init, step } = args as Comprehension
    return [iterable, init, step as unknown as Node]
  }
  return [args].flat(3).filter((one): one is Node => typeof one === 'object' && one !== null && 'op' in one)
}
