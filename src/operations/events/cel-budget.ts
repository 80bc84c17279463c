import type { ASTNode } from '@marcbachmann/cel-js'
import type { LinearRegExps } from './linear-regexp.ts'

/**
 * Steps that an expression may take over one record. A step takes 20 ns or so: evaluating a part inside of `all`, `map`
 * and the like, or handling an element of a list or a few characters of a text.
 */
export const MAX_STEPS = 20_000_000

/** How deep an expression may go, operators in a row included: evaluating it calls itself for each. */
const MAX_DEPTH = 1000
const CHARACTERS_PER_STEP = 8
/** An error takes 10 µs. */
const STEPS_PER_ERROR = 500

/** What is used of the library's inside and is not in its types. `package.json` pins the version this was read in. */
interface Node {
  readonly op: string
  readonly args: unknown
  /** What a macro such as `all` was turned into. */
  readonly meta: { readonly alternate?: Node; evaluate: Calculate }
  /** Calculates, with the operands first. A call has them all in a list. */
  handle?: Calculate
}

interface Evaluated {
  evaluate(evaluator: unknown, node: unknown, context: unknown): unknown
}

/** The arguments of the node `comprehension`, which goes through a list. */
interface Comprehension {
  readonly iterable: Node
  readonly init: Node
  /** What is evaluated for each element. */
  step: Evaluated
  /** Whether to go on, by what was found so far. */
  condition?: (found: unknown) => boolean
}

/** Ends an evaluation that is over its budget, unless one of CEL's operators catches it, which forgive errors. */
const overBudget = new Error('it takes too many steps')

/** The steps that are left for a record. */
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

/** Why an expression is too deep to be evaluated, if it is. */
export function whyTooDeep(root: ASTNode): string | undefined {
  const rest: [node: Node, depth: number][] = [[root as unknown as Node, 1]]
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const [node, depth] = next
    if (depth > MAX_DEPTH) return `it is more than ${MAX_DEPTH} operators deep; for many alternatives take "x in [...]"`
    for (const part of partsOf(node)) rest.push([part, depth + 1])
  }
  return undefined
}

/** The patterns of regular expressions; `undefined` for one that only a record tells. */
export const patternsOf = (root: ASTNode): readonly (string | undefined)[] =>
  nodesOf(root as unknown as Node)
    .filter(isMatch)
    .map(({ args }) => {
      const pattern = (args as [string, Node, Node[]])[2][0]
      return pattern?.op === 'value' && typeof pattern.args === 'string' ? pattern.args : undefined
    })

/**
 * Makes a checked expression spend of a budget before it does what may take long: every round of a comprehension, and
 * every operator and call by the size of what it is given. Regular expressions are matched by `regExps`.
 */
export function meter(root: ASTNode, budget: Budget, regExps: LinearRegExps | undefined): void {
  for (const node of nodesOf(root as unknown as Node)) {
    const { op, args, meta, handle } = node
    if (op === 'comprehension') meterRounds(args as Comprehension, budget)
    if (op === '||' || op === '&&') meta.evaluate = chargingErrors(meta.evaluate, budget)
    // A condition evaluates what is below it, which is charged there.
    if (handle === undefined || op === '?:') continue
    const spend = spendingOf(node, budget)
    const calculate = isMatch(node) && regExps !== undefined ? matching(handle, budget, regExps) : handle
    // The library passes four arguments at most; naming them is faster than a rest.
    const spending: Calculate = (left, right, third, fourth) => {
      spend?.(left, right)
      return calculate(left, right, third, fourth)
    }
    // What a comprehension evaluates charges its own errors.
    node.handle = op === 'comprehension' ? spending : chargingErrors(spend === undefined ? calculate : spending, budget)
  }
}

type Calculate = (...operands: unknown[]) => unknown

/** An error is made with its place in the expression, and an operator that forgives it may do so a million times. */
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

/** `text.matches(pattern)`, in linear time. Operands of other types are for the library to refuse. */
const matching =
  (handle: Calculate, budget: Budget, regExps: LinearRegExps): Calculate =>
  (operands, evaluator, node) => {
    const [text, pattern] = operands as readonly unknown[]
    if (typeof text !== 'string' || typeof pattern !== 'string') return handle(operands, evaluator, node)
    return regExps.test(pattern, text, (steps) => budget.spend(steps))
  }

/** What a node spends on its operands before it calculates. */
function spendingOf({ op, args }: Node, budget: Budget): ((left: unknown, right: unknown) => void) | undefined {
  if (op === '==' || op === '!=') return (left, right) => spendOnComparison(left, right, budget)
  if (op === 'in') return (left, right) => spendOnSearch(left, right, budget)
  if (binary.has(op)) {
    return (left, right) => {
      spendOn(left, budget)
      spendOn(right, budget)
    }
  }
  // The keys of a map are made a list.
  if (op === 'comprehension') return (items) => (Array.isArray(items) ? undefined : spendOn(items, budget))
  if (op !== 'call' && op !== 'rcall') return undefined
  const isSize = (args as readonly unknown[])[0] === 'size'
  return (operands) => {
    const given = operands as readonly unknown[]
    // The size of a list is known.
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
  // A quantifier goes on after an error, as a later element may settle it.
  comprehension.condition = (found) => !budget.isSpent && (condition === undefined || condition(found))
}

/** Spends on what reads a value once, without the values inside. */
function spendOn(value: unknown, budget: Budget): void {
  if (typeof value === 'string' || value instanceof Uint8Array) budget.spend(1 + value.length / CHARACTERS_PER_STEP)
  else if (value === null || typeof value !== 'object') budget.spend(1)
  else if (Array.isArray(value)) budget.spend(1 + value.length)
  else if (value instanceof Map || value instanceof Set) budget.spend(1 + value.size)
  else for (const _ in value) budget.spend(1)
}

/** Spends on what reads a value with all values inside. */
function spendOnAll(value: unknown, budget: Budget): void {
  spendOn(value, budget)
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return
  const inside = Array.isArray(value) || value instanceof Set || value instanceof Map ? value : Object.values(value)
  for (const one of inside) spendOnAll(one, budget)
}

function spendOnComparison(left: unknown, right: unknown, budget: Budget): void {
  // The types of both are looked at, for which an object begins to list its keys.
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

/** A node and all below it, each once. */
function nodesOf(root: Node): readonly Node[] {
  const found = new Set<Node>([root])
  // What is added while a set is gone through is gone through as well.
  for (const node of found) for (const part of partsOf(node)) found.add(part)
  return [...found]
}

/** The nodes that are evaluated for a node. */
function partsOf({ op, args, meta }: Node): readonly Node[] {
  if (meta.alternate !== undefined) return [meta.alternate]
  if (op === 'value') return []
  if (op === 'comprehension') {
    const { iterable, init, step } = args as Comprehension
    return [iterable, init, step as unknown as Node]
  }
  return [args].flat(3).filter((one): one is Node => typeof one === 'object' && one !== null && 'op' in one)
}
