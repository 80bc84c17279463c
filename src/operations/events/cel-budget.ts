import type { ASTNode } from '@marcbachmann/cel-js'
import { type Calculate, type Comprehension, type Node, nodesOf, partsOf } from './cel-tree.ts'
import type { LinearRegExps } from './linear-regexp.ts'

/**
 * Steps that an expression may take for one record. A step takes about 20 ns: evaluating a node inside a macro such as `all` or
 * `map`, or processing an element of a list or a few characters of a string.
 */
export const MAX_STEPS = 20_000_000

/** Maximum depth of an expression. A chain such as `a || b || c` adds a level per operator, because evaluation recurses. */
const MAX_DEPTH = 1000
/** Characters or bytes that one step reads. */
const CHARACTERS_PER_STEP = 8
/** The cost of creating an error, in steps of 20 ns: 10 µs. */
const STEPS_PER_ERROR = 500

/**
 * Ends an evaluation that exceeds its budget. CEL's `||` and `&&` may catch the error, so callers check {@link Budget.isSpent}
 * too.
 */
const overBudget = new Error('the expression takes too many steps')

/** The steps that an expression may still take for the current record. */
export class Budget {
  #left = MAX_STEPS

  get isSpent(): boolean {
    return this.#left < 0
  }

  /** Starts the next record. */
  refill(): void {
    this.#left = MAX_STEPS
  }

  /** Throws if the budget is exceeded. */
  spend(steps: number): void {
    this.#left -= steps
    if (this.#left < 0) throw overBudget
  }
}

/** Explains why an expression is too deep to evaluate; `undefined` if it is not too deep. */
export function whyTooDeep(root: ASTNode): string | undefined {
  const rest: [node: Node, depth: number][] = [[root as unknown as Node, 1]]
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const [node, depth] = next
    if (depth > MAX_DEPTH)
      return `the expression is more than ${MAX_DEPTH} operators deep; use "x in [...]" for many alternatives`
    for (const part of partsOf(node)) rest.push([part, depth + 1])
  }
  return undefined
}

/** Lists the patterns of the calls of `matches` in an expression; `undefined` for a pattern that is not a literal. */
export const patternsOf = (root: ASTNode): readonly (string | undefined)[] =>
  nodesOf(root as unknown as Node)
    .filter(isMatch)
    .map(({ args }) => {
      // The arguments of the node: the method, the receiver and the arguments of the call.
      const pattern = (args as [string, Node, Node[]])[2][0]
      return pattern?.op === 'value' && typeof pattern.args === 'string' ? pattern.args : undefined
    })

/**
 * Changes a parsed and checked expression so that its evaluation charges a budget before it does expensive work: for each
 * iteration of a comprehension, and for each operator and call by the size of its operands. `matches` uses `regExps`.
 */
export function meter(root: ASTNode, budget: Budget, regExps: LinearRegExps | undefined): void {
  for (const node of nodesOf(root as unknown as Node)) {
    const { op, args, meta, handle } = node
    if (op === 'comprehension') meterIterations(args as Comprehension, budget)
    if (op === '||' || op === '&&') meta.evaluate = chargingErrors(meta.evaluate, budget)
    // A conditional itself is cheap, and the nodes below it are charged on their own.
    if (handle === undefined || op === '?:') continue
    const spend = chargeFor(node, budget)
    const calculate = isMatch(node) && regExps !== undefined ? matchInLinearTime(handle, budget, regExps) : handle
    // The library passes at most four arguments. Named parameters are faster than a rest parameter.
    const charged: Calculate = (left, right, third, fourth) => {
      spend?.(left, right)
      return calculate(left, right, third, fourth)
    }
    // A comprehension only passes on errors of the nodes inside it, which have charged them.
    node.handle = op === 'comprehension' ? charged : chargingErrors(spend === undefined ? calculate : charged, budget)
  }
}

/** Charges for each error that is thrown. Operators such as `||` catch errors, so one evaluation may create a million of them. */
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

/** Evaluates `text.matches(pattern)` in linear time. Operands that are not strings go to the library, which rejects them. */
const matchInLinearTime =
  (handle: Calculate, budget: Budget, regExps: LinearRegExps): Calculate =>
  (operands, evaluator, node) => {
    const [text, pattern] = operands as readonly unknown[]
    if (typeof text !== 'string' || typeof pattern !== 'string') return handle(operands, evaluator, node)
    return regExps.test(pattern, text, (steps) => budget.spend(steps))
  }

/** Returns the function that charges for the operands of a node before it is computed; `undefined` if the node is cheap. */
function chargeFor({ op, args }: Node, budget: Budget): ((left: unknown, right: unknown) => void) | undefined {
  if (op === '==' || op === '!=') return (left, right) => spendOnComparison(left, right, budget)
  if (op === 'in') return (left, right) => spendOnSearch(left, right, budget)
  if (binaryOperators.has(op)) {
    return (left, right) => {
      spendOn(left, budget)
      spendOn(right, budget)
    }
  }
  // To iterate over a map, the library first lists its keys. A list is charged for each iteration instead.
  if (op === 'comprehension') return (items) => (Array.isArray(items) ? undefined : spendOn(items, budget))
  if (op !== 'call' && op !== 'rcall') return undefined
  const isSize = (args as readonly unknown[])[0] === 'size'
  return (operands) => {
    const given = operands as readonly unknown[]
    // `size` of a list takes constant time.
    if (!isSize || !Array.isArray(given[0])) for (const operand of given) spendOn(operand, budget)
  }
}

const binaryOperators: ReadonlySet<string> = new Set(['+', '-', '*', '/', '%', '<', '<=', '>', '>='])

/** Whether a node calls the method `matches`. */
const isMatch = ({ op, args }: Node): boolean => op === 'rcall' && (args as readonly unknown[])[0] === 'matches'

function meterIterations(comprehension: Comprehension, budget: Budget): void {
  const { step, condition } = comprehension
  const steps = nodesOf(step as unknown as Node).length
  comprehension.step = {
    evaluate: (evaluator, _, context) => {
      budget.spend(steps)
      return step.evaluate(evaluator, step, context)
    },
  }
  // `all` and `exists` catch errors, because a later element may decide the result. An exceeded budget must end the loop.
  comprehension.condition = (found) => !budget.isSpent && (condition === undefined || condition(found))
}

/** Charges for reading a value: a text or bytes by length, a collection by the number of its entries. */
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
  // The library first determines the type of each side. For a map, it lists the keys to do so.
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
