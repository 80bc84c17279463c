import { positionName } from '../../bus/names/names.ts'
import { Budget, MAX_STEPS, meter, patternsOf, whyTooDeep } from './cel-budget.ts'
import type { EventView } from './event-view.ts'
import { fieldsRead } from './fields-read.ts'
import { filterScope, scopeTypes } from './filter-scope.ts'
import { LinearRegExps } from './linear-regexp.ts'
import { describeOverload, whereProblem } from './where-problem.ts'

/** The value of an expression for an event, or why it has none. */
type Evaluated =
  | { readonly ok: true; readonly value: unknown }
  /** `isMissing`: the event lacks a field that the expression refers to. Any other failure is a mistake in the expression. */
  | { readonly ok: false; readonly isMissing: boolean; readonly reason: () => string }

export type CompiledExpression =
  | {
      readonly ok: true
      /** The type of the result in CEL; `dyn` if it depends on the event. */
      readonly type: string
      /** Throws {@link WhereTooLongError} if the expression takes too many steps for the event. */
      readonly evaluate: (view: EventView) => Evaluated
    }
  | { readonly ok: false; readonly reason: string }

/** The error for an expression that takes more steps for one record than {@link MAX_STEPS}. */
export class WhereTooLongError extends Error {
  override readonly name = 'WhereTooLongError'
  constructor({ record }: EventView, expression: string) {
    const shown = expression.length > MAX_SHOWN_CHARS ? `${expression.slice(0, MAX_SHOWN_CHARS - 1)}…` : expression
    super(`the expression took more than ${MAX_STEPS.toLocaleString('en')} steps for ${positionName(record)}: ${shown}`)
  }
}

/** Maximum number of characters of an expression to show in a message. */
const MAX_SHOWN_CHARS = 200
/** Maximum length of an expression: enough for a list of a thousand ids. Linux limits an argument to 128 KiB. */
const MAX_EXPRESSION_CHARS = 65_536

/** Compiles a CEL expression over an event; see `filterScope`. `reason` says why it is invalid. */
export async function compileExpression(expression: string): Promise<CompiledExpression> {
  if (expression.length > MAX_EXPRESSION_CHARS) {
    return {
      ok: false,
      reason: `the expression has ${expression.length} characters; ${MAX_EXPRESSION_CHARS} are allowed`,
    }
  }
  const { Environment, EvaluationError } = await import('@marcbachmann/cel-js')
  const environment = new Environment({ enableOptionalTypes: true })
  for (const [name, type] of Object.entries(scopeTypes)) environment.registerVariable(name, type)
  for (const [operator, calculate] of Object.entries(arithmetic)) {
    for (const pair of [`int ${operator} double`, `double ${operator} int`]) {
      environment.registerOperator(`${pair}: double`, (a: number | bigint, b: number | bigint) =>
        calculate(Number(a), Number(b)),
      )
    }
  }
  for (const [operator, compare] of Object.entries(comparisons)) {
    for (const pair of digitOverloads(operator)) {
      environment.registerOperator(`${pair}: bool`, compareDigits(compare, pair))
    }
  }
  environment.registerOperator('string == bytes: bool', isBase64)
  let evaluate: ReturnType<typeof environment.parse>
  try {
    evaluate = environment.parse(expression)
  } catch (error) {
    return { ok: false, reason: whereProblem(error, expression) }
  }
  const tooDeep = whyTooDeep(evaluate.ast)
  if (tooDeep !== undefined) return { ok: false, reason: tooDeep }
  const { valid, type, error } = evaluate.check()
  if (!valid) {
    const variables = error?.code === 'unknown_variable' ? `; variables: ${Object.keys(scopeTypes).join(', ')}` : ''
    return { ok: false, reason: `${whereProblem(error, expression)}${variables}` }
  }
  const patterns = patternsOf(evaluate.ast)
  const regExps = patterns.length === 0 ? undefined : await LinearRegExps.load()
  try {
    for (const pattern of patterns) if (pattern !== undefined) regExps?.compile(pattern)
  } catch (error) {
    return { ok: false, reason: whereProblem(error, expression) }
  }
  const toScope = filterScope(fieldsRead(evaluate.ast, new Set(Object.keys(scopeTypes))))
  const budget = new Budget()
  meter(evaluate.ast, budget, regExps)
  return {
    ok: true,
    type: type ?? 'dyn',
    evaluate(view) {
      budget.refill()
      try {
        const value: unknown = evaluate(toScope(view))
        if (budget.isSpent) throw new WhereTooLongError(view, expression)
        return { ok: true, value }
      } catch (error) {
        if (budget.isSpent) throw new WhereTooLongError(view, expression)
        const isMissing = error instanceof EvaluationError && error.code === 'no_such_key'
        return { ok: false, isMissing, reason: () => whereProblem(error, expression) }
      }
    },
  }
}

/** Operators that CEL does not define for an integer and a double. JSON mixes them: a price may be 2 or 2.5. */
const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
}

/** Comparisons of an integer with an integer beyond 2^53, which is a string of digits in JSON. */
const comparisons: Readonly<Record<string, (a: bigint, b: bigint) => boolean>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '==': (a, b) => a === b,
}

/** Lists the overloads of a comparison. From `string == int`, cel-js derives `int == string` and `!=` itself. */
const digitOverloads = (operator: string): readonly string[] =>
  operator === '==' ? ['string == int'] : [`string ${operator} int`, `int ${operator} string`]

/** Compares integers, each a bigint or a string of digits. A string of other characters equals no integer and has no order. */
const compareDigits =
  (compare: (a: bigint, b: bigint) => boolean, pair: string) =>
  (a: string | bigint, b: string | bigint): boolean => {
    const isNumber = [a, b].every((side) => typeof side === 'bigint' || /^-?\d+$/.test(side))
    if (isNumber) return compare(BigInt(a), BigInt(b))
    if (pair.includes('==')) return false
    throw new TypeError(describeOverload(pair.split(' ')))
  }

/** Whether a string is the base64 of bytes. crbus prints bytes as base64, so users compare them with that text. */
const isBase64 = (text: string, bytes: Uint8Array): boolean => Buffer.from(bytes).toString('base64') === text
