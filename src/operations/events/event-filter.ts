import { partitionName } from '../../bus/names/names.ts'
import { valueJson } from '../../codecs/json.ts'
import { Budget, MAX_STEPS, meter, patternsOf, whyTooDeep } from './cel-budget.ts'
import type { EventView } from './event-view.ts'
import { globMatcher } from './glob.ts'
import { LinearRegExps } from './linear-regexp.ts'

/** What to keep. Everything given must hold. */
export interface FilterRequest {
  /** Event type, `*` and `?` allowed; any of several. */
  readonly types?: readonly string[] | undefined
  readonly key?: string | undefined
  readonly correlationId?: string | undefined
  /** A CEL expression over the event; see `filterScope`. */
  readonly where?: string | undefined
  /** Text that must occur in the payload as printed, case ignored. */
  readonly grep?: string | undefined
}

/** Throws {@link WhereTooLongError}. */
export type EventFilter = (view: EventView) => boolean
export type CompiledFilter =
  | {
      readonly ok: true
      /** `undefined` when nothing was asked for. */
      readonly filter: EventFilter | undefined
      /** Events that `where` could not be told of, and why of the first; they did not pass. */
      readonly failures: WhereFailures
    }
  | { readonly ok: false; readonly reason: string }

interface WhereFailures {
  count: number
  reason: string
  /** Events without a field it asks for, which did not pass either, and what the first was without. */
  lacking: number
  lacked: string
  /** Events it could be told of. */
  told: number
}

/** Compiles a request once. `filter` is undefined when nothing was asked for, so that callers can skip decoding. */
export async function compileFilter(request: FilterRequest): Promise<CompiledFilter> {
  const tests: EventFilter[] = []
  const failures: WhereFailures = { count: 0, reason: '', lacking: 0, lacked: '', told: 0 }
  const { types = [], key, correlationId, where, grep } = request
  if (types.length > 0) {
    const patterns = types.map(globMatcher)
    tests.push(({ envelope }) => envelope?.ok === true && patterns.some((p) => p(envelope.event.eventType)))
  }
  if (key !== undefined) {
    const bytes = Buffer.from(key)
    tests.push(({ record }) => record.key !== null && bytes.equals(record.key))
  }
  if (correlationId !== undefined) {
    tests.push(({ envelope }) => envelope?.ok === true && envelope.event.metadata?.correlationId === correlationId)
  }
  if (grep !== undefined) {
    const needle = grep.toLowerCase()
    tests.push((view) => searchable(view).toLowerCase().includes(needle))
  }
  if (where !== undefined) {
    const compiled = await compileWhere(where, failures)
    if (!compiled.ok) return compiled
    tests.push(compiled.filter)
  }
  const filter: EventFilter | undefined = tests.length === 0 ? undefined : (view) => tests.every((test) => test(view))
  return { ok: true, filter, failures }
}

/** An expression took more steps over one record than are allowed: it would not have ended in a time worth waiting for. */
export class WhereTooLongError extends Error {
  override readonly name = 'WhereTooLongError'
  constructor({ record }: EventView, expression: string) {
    const shown = expression.length > MAX_SHOWN ? `${expression.slice(0, MAX_SHOWN - 1)}…` : expression
    super(
      `--where took more than ${MAX_STEPS.toLocaleString('en')} steps over ${partitionName(record)}@${record.offset}: ${shown}`,
    )
  }
}

/** Characters of an expression in a message. */
const MAX_SHOWN = 200
/** Of an expression. Linux passes no argument beyond 128 KiB; this is a list of a thousand ids. */
const MAX_EXPRESSION_CHARS = 65_536

/** What `--grep` looks through: the event type, the metadata and the payload, as text. */
function searchable({ record, envelope, payload }: EventView): string {
  if (!envelope?.ok) return record.value === null ? '' : Buffer.from(record.value).toString('latin1')
  const { eventType, metadata, data } = envelope.event
  const body = payload?.ok && payload.codec === 'cbor' ? valueJson(payload.value) : Buffer.from(data).toString('utf8')
  return `${eventType}\n${metadata === null ? '' : valueJson(metadata)}\n${body}`
}

async function compileWhere(
  expression: string,
  failures: WhereFailures,
): Promise<{ ok: true; filter: EventFilter } | { ok: false; reason: string }> {
  if (expression.length > MAX_EXPRESSION_CHARS) {
    return { ok: false, reason: `it has ${expression.length} characters; ${MAX_EXPRESSION_CHARS} are allowed` }
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
    for (const pair of wideSides(operator)) environment.registerOperator(`${pair}: bool`, compareWide(compare, pair))
  }
  environment.registerOperator('string == bytes: bool', isBase64)
  let evaluate: ReturnType<typeof environment.parse>
  try {
    evaluate = environment.parse(expression)
  } catch (error) {
    return { ok: false, reason: whyNotParsed(error) }
  }
  const tooDeep = whyTooDeep(evaluate.ast)
  if (tooDeep !== undefined) return { ok: false, reason: tooDeep }
  const { valid, type, error } = evaluate.check()
  if (!valid) return { ok: false, reason: `${messageOf(error)}\nknown are ${Object.keys(scopeTypes).join(', ')}` }
  if (type !== 'bool' && type !== 'dyn') return { ok: false, reason: `it gives ${type}, not true or false` }
  const patterns = patternsOf(evaluate.ast)
  const regExps = patterns.length === 0 ? undefined : await LinearRegExps.load()
  try {
    for (const pattern of patterns) if (pattern !== undefined) regExps?.compile(pattern)
  } catch (error) {
    return { ok: false, reason: messageOf(error) }
  }
  const budget = new Budget()
  meter(evaluate.ast, budget, regExps)
  const fail = (reason: string): false => {
    if (failures.count === 0) failures.reason = reason
    failures.count += 1
    return false
  }
  return {
    ok: true,
    filter: (view) => {
      budget.refill()
      try {
        const result = evaluate(filterScope(view))
        if (budget.isSpent) throw new WhereTooLongError(view, expression)
        if (typeof result !== 'boolean') return fail('it gives something else than true or false')
        failures.told += 1
        return result
      } catch (error) {
        if (budget.isSpent) throw new WhereTooLongError(view, expression)
        // An event without the field is one the filter does not hold for; anything else is a mistake in it.
        const isMissing = error instanceof EvaluationError && error.code === 'no_such_key'
        if (!isMissing) return fail(messageOf(error))
        if (failures.lacking === 0) failures.lacked = messageOf(error)
        failures.lacking += 1
        return false
      }
    },
  }
}

/** The library's parser calls itself for what is nested, up to a limit of its own, and for signs in a row without one. */
function whyNotParsed(error: unknown): string {
  const reason = messageOf(error)
  if (error instanceof RangeError) return 'it is nested too deeply'
  return reason.replace(/^Exceeded maxDepth \((\d+)\)$/, 'it is nested more than $1 levels deep')
}

/** Without the lines in which the library points at the place. */
const messageOf = (error: unknown): string => String((error as Error).message).split('\n')[0] ?? ''

/** CEL does not mix whole numbers and fractions. JSON does: a price of 2 is as good as one of 2.5. */
const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
}

const comparisons: Readonly<Record<string, (a: bigint, b: bigint) => boolean>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '==': (a, b) => a === b,
}

/** Of equality the library takes one side for both, and makes inequality of it. */
const wideSides = (operator: string): readonly string[] =>
  operator === '==' ? ['string == int'] : [`string ${operator} int`, `int ${operator} string`]

/** Integers beyond 2^53 come as their digits: beside a number they are the number. */
const compareWide =
  (compare: (a: bigint, b: bigint) => boolean, pair: string) =>
  (a: string | bigint, b: string | bigint): boolean => {
    const isNumber = [a, b].every((side) => typeof side === 'bigint' || /^-?\d+$/.test(side))
    if (isNumber) return compare(BigInt(a), BigInt(b))
    if (pair.includes('==')) return false
    throw new TypeError(`no such overload: ${pair}`)
  }

/** Whether a text is the base64 of bytes: beside a text, bytes are what `-o json` prints. */
const isBase64 = (text: string, bytes: Uint8Array): boolean => Buffer.from(bytes).toString('base64') === text

/** The names an expression may use, and what they are in CEL. */
const scopeTypes = {
  topic: 'string',
  partition: 'int',
  offset: 'int',
  timestamp: 'google.protobuf.Timestamp',
  key: 'dyn',
  event_type: 'string',
  event_version: 'int',
  metadata: 'map',
  data: 'dyn',
} as const

/** Named as in `-o json`, with `data` the decoded payload. */
function filterScope({ record, envelope, payload }: EventView): Record<string, unknown> {
  const { topic, partition, offset, timestamp, key } = record
  const event = envelope?.ok ? envelope.event : undefined
  const { correlationId, causationId, userId, timestamp: at, extra } = event?.metadata ?? {}
  return {
    topic,
    partition: BigInt(partition),
    offset,
    timestamp: toDate(timestamp),
    key: key === null ? null : Buffer.from(key).toString('utf8'),
    event_type: event?.eventType ?? '',
    event_version: BigInt(event?.eventVersion ?? 0),
    metadata: celValue(
      withoutUndefined({
        ...extra,
        correlation_id: correlationId,
        causation_id: causationId,
        user_id: userId,
        timestamp: at,
      }),
    ),
    data: payload?.ok ? celValue(payload.value) : null,
  }
}

/** CEL's dates are those of the years 1 to 9999. A timestamp beyond them is still before or after all others. */
const FIRST_DATE = -62135596800000n
const LAST_DATE = 253402300799999n

function toDate(timestamp: bigint): Date {
  return new Date(Number(timestamp < FIRST_DATE ? FIRST_DATE : timestamp > LAST_DATE ? LAST_DATE : timestamp))
}

const withoutUndefined = (fields: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

/**
 * CEL's `int` is a bigint and its arithmetic never mixes the two, so whole JSON numbers become bigints. CBOR's undefined
 * is null, and so is an invalid `Date`.
 */
function celValue(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (Array.isArray(value)) return value.map(celValue)
  // The library knows a date by its class, which is one of ours where there are digits beyond milliseconds.
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : new Date(value)
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value ?? null
  const fields = Object.entries(value).map(([name, found]) => [name, celValue(found)] as const)
  // The library tells types by the property `constructor`.
  return Object.hasOwn(value, 'constructor') ? new Map(fields) : Object.fromEntries(fields)
}
