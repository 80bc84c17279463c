import { globMatcher } from '../../bus/names/glob.ts'
import { positionName } from '../../bus/names/names.ts'
import { valueJson } from '../../codecs/json.ts'
import { Budget, MAX_STEPS, meter, patternsOf, whyTooDeep } from './cel-budget.ts'
import type { EventView } from './event-view.ts'
import { fieldsRead } from './fields-read.ts'
import { filterScope, scopeTypes } from './filter-scope.ts'
import { LinearRegExps } from './linear-regexp.ts'
import { describeOverload, whereProblem } from './where-problem.ts'

/** The conditions of a filter. An event must meet all of them. */
export interface FilterRequest {
  /** Globs of event types, with `*` and `?`. At least one of them must match. */
  readonly types?: readonly string[] | undefined
  /** The record key, as UTF-8 text. */
  readonly key?: string | undefined
  readonly correlationId?: string | undefined
  /** A CEL expression over the event; see `filterScope`. */
  readonly where?: string | undefined
  /** Text that must occur in event type, metadata or payload, ignoring case. */
  readonly grep?: string | undefined
}

/** Returns whether an event meets the conditions. Throws {@link WhereTooLongError} if `where` takes too many steps. */
export type EventFilter = (view: EventView) => boolean
export type CompiledFilter =
  | {
      readonly ok: true
      /** `undefined` if the request has no conditions. Callers then need not decode the records. */
      readonly filter: EventFilter | undefined
      /** Counts of the events for which `where` had a result or failed. The filter updates them. */
      readonly stats: Readonly<WhereStats>
    }
  | { readonly ok: false; readonly reason: string }

/** What became of the events that an expression was evaluated for. */
export interface WhereStats {
  /** Number of events for which the expression failed. The filter rejects them. */
  errors: number
  /** The message of the first failure; empty if there is none. */
  firstError: string
  /** Number of events without a field that the expression refers to. The filter rejects them. */
  missingField: number
  /** The message about the first missing field; empty if there is none. */
  firstMissing: string
  /** Number of events for which the expression was true or false. */
  evaluated: number
}

/** Compiles the conditions of a request to a filter. `reason` says why the expression in `where` is invalid. */
export async function compileFilter(request: FilterRequest): Promise<CompiledFilter> {
  const tests: EventFilter[] = []
  const stats: WhereStats = { errors: 0, firstError: '', missingField: 0, firstMissing: '', evaluated: 0 }
  const { types = [], key, correlationId, where, grep } = request
  if (types.length > 0) {
    const patterns = types.map(globMatcher)
    tests.push(({ envelope }) => envelope?.ok === true && patterns.some((matches) => matches(envelope.event.eventType)))
  }
  if (key !== undefined) {
    const bytes = Buffer.from(key)
    tests.push(({ record }) => record.key !== null && bytes.equals(record.key))
  }
  if (correlationId !== undefined) {
    tests.push(({ envelope }) => envelope?.ok === true && envelope.event.metadata?.correlationId === correlationId)
  }
  if (grep !== undefined) {
    const wanted = grep.toLowerCase()
    tests.push((view) => searchableText(view).toLowerCase().includes(wanted))
  }
  if (where !== undefined) {
    const compiled = await compileWhere(where, stats)
    if (!compiled.ok) return compiled
    tests.push(compiled.filter)
  }
  const filter: EventFilter | undefined = tests.length === 0 ? undefined : (view) => tests.every((test) => test(view))
  return { ok: true, filter, stats }
}

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

/** Returns the text in which `grep` is searched: event type, metadata and payload; for an undecodable record, its bytes. */
function searchableText(view: EventView): string {
  const { record, envelope, payload } = view
  if (!envelope?.ok) {
    if (record.value === null) return ''
    return payload?.ok ? bodyText(view, record.value) : Buffer.from(record.value).toString('latin1')
  }
  const { eventType, metadata, data } = envelope.event
  const body = bodyText(view, data)
  return `${eventType}\n${metadata === null ? '' : valueJson(metadata)}\n${body}`
}

/** The codecs whose bytes are searched as text. Bincode is, because it holds text as it is. */
const textCodecs: ReadonlySet<string> = new Set(['json', 'text', 'bytes', 'bincode'])

/** Returns a payload as text: what is not text in its bytes as JSON. */
const bodyText = ({ payload }: EventView, bytes: Uint8Array): string =>
  payload?.ok && !textCodecs.has(payload.codec) ? valueJson(payload.value) : Buffer.from(bytes).toString('utf8')

async function compileWhere(
  expression: string,
  stats: WhereStats,
): Promise<{ ok: true; filter: EventFilter } | { ok: false; reason: string }> {
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
  if (type !== 'bool' && type !== 'dyn')
    return { ok: false, reason: `the result of the expression is of type ${type}, not true or false` }
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
  const fail = (reason: () => string): false => {
    if (stats.errors === 0) stats.firstError = reason()
    stats.errors += 1
    return false
  }
  return {
    ok: true,
    filter: (view) => {
      budget.refill()
      try {
        const result = evaluate(toScope(view))
        if (budget.isSpent) throw new WhereTooLongError(view, expression)
        if (typeof result !== 'boolean') return fail(() => 'the result of the expression is not true or false')
        stats.evaluated += 1
        return result
      } catch (error) {
        if (budget.isSpent) throw new WhereTooLongError(view, expression)
        // Events of other types may lack the field, so this is not a failure. Any other error is a mistake in the expression.
        const isMissing = error instanceof EvaluationError && error.code === 'no_such_key'
        if (!isMissing) return fail(() => whereProblem(error, expression))
        if (stats.missingField === 0) stats.firstMissing = whereProblem(error, expression)
        stats.missingField += 1
        return false
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
