import { textPosition } from '../../codecs/json/json-syntax.ts'

/** The fields of the errors of cel-js. */
interface CelFields {
  readonly code?: string | undefined
  /** The message without the lines in which the library marks the position. */
  readonly summary?: string | undefined
  /** The indexes of the part of the expression that the error is about. */
  readonly range?: { readonly start: number; readonly end: number } | undefined
}

/** The part of the expression that an error is about, and the words of the library's message. */
interface Place {
  /** The text of the part; `the end` after the last character. */
  readonly found: string
  /** The types, calls and tokens that the message names. */
  readonly words: readonly string[]
}

/** Maximum number of characters of an expression to quote. */
const MAX_QUOTED_CHARS = 60

const tokens: Readonly<Record<string, string>> = {
  ...{ IDENTIFIER: 'a field name', RPAREN: ')', RBRACKET: ']', RBRACE: '}', COLON: ':' },
}

/** What users write who know the operators of another language. */
const operators: Readonly<Record<string, string>> = {
  ...{ '=': '==', '&': '&&', '|': '||', and: '&&', or: '||', AND: '&&', OR: '||' },
}

/** Mistakes in the syntax, to be followed by their position. */
const syntaxProblems: Readonly<Record<string, (place: Place) => string>> = {
  unexpected_token: ({ found }) => `expected a value, found ${found}`,
  expected_token: ({ found, words: [token = ''] }) => `expected ${tokens[token] ?? 'something else'}, found ${found}`,
  unexpected_character: ({ found }) => `expected an operator or the end, found ${found}`,
  invalid_number: ({ found }) => `${found} is not a number`,
  invalid_integer: ({ found }) => `${found} is not a number`,
  invalid_hex_integer: ({ found }) => `${found} is not a number`,
  invalid_exponent: () => 'expected the digits of an exponent',
  newline_in_string: () => 'expected \\n in a string, found a line break',
  unterminated_string: () => 'no closing quote for the string',
  unterminated_triple_quoted_string: () => 'no closing quotes for the string',
  reserved_identifier: ({ found }) => `${found} is a reserved word`,
  bytes_unicode_escape: () => 'invalid escape in bytes',
  invalid_unicode_escape: () => 'invalid escape in a string',
  invalid_unicode_surrogate: () => 'invalid escape in a string',
  invalid_hex_escape: () => 'invalid escape in a string',
  invalid_octal_escape: () => 'invalid escape in a string',
  octal_escape_out_of_range: () => 'invalid escape in a string',
  invalid_escape_sequence: () => 'invalid escape in a string',
}

/** Mistakes in the meaning, and failures for an event, to be followed by the part of the expression. */
const otherProblems: Readonly<Record<string, (place: Place) => string>> = {
  no_such_overload: ({ words }) => describeOverload(words),
  no_matching_overload: ({ words: [call = ''] }) => `there is no function ${call}`,
  invalid_logical_operand: ({ words: [type] }) => `&& and || need true or false, not ${type}`,
  invalid_condition_type: ({ words: [type] }) => `the condition before ? must be true or false, not ${type}`,
  incompatible_ternary_branches: ({ words: [left, right] }) => `? needs results of one type, not ${left} and ${right}`,
  cannot_index_type: ({ words: [type] }) => `a value of type ${type} has no fields and no index`,
  invalid_comprehension_range: ({ words: [type] }) => `all, exists, filter and map need a list or map, not ${type}`,
  invalid_macro_argument: ({ words: [call] }) => `invalid argument of ${call}`,
  division_by_zero: () => 'division by zero',
  modulo_by_zero: () => 'division by zero',
  numeric_overflow: () => 'the result is beyond the range of integers',
  index_out_of_bounds: () => 'the list has no item at this index',
  invalid_timestamp: () => 'timestamp() needs a time such as 2026-11-23T10:00:00Z',
  invalid_duration: () => 'duration() needs a duration such as 1h30m',
  bool_conversion_error: () => 'bool() cannot convert the value',
  int_conversion_error: () => 'int() cannot convert the value',
  uint_conversion_error: () => 'uint() cannot convert the value',
  double_conversion_error: () => 'double() cannot convert the value',
}

/**
 * Returns in words why an expression is invalid, or why it failed for an event. Decides by the codes of cel-js, whose messages name
 * tokens of its parser; `package.json` pins the version that has these codes.
 */
export function whereProblem(error: unknown, expression: string): string {
  if (error instanceof RangeError) return 'the expression is nested too deeply'
  const { code = '', summary = String((error as Error).message), range } = error as CelFields
  const [message = ''] = summary.split('\n', 1)
  if (code === 'limit_exceeded') {
    const [, depth] = /^Exceeded maxDepth \((\d+)\)$/.exec(message) ?? []
    return depth === undefined
      ? 'the expression is too large'
      : `the expression is nested more than ${depth} levels deep`
  }
  if (code === 'unknown_variable') return `there is no variable ${nameAfter(message)}`
  if (code === 'no_such_key') return `there is no field ${nameAfter(message)}`
  const place = { found: foundAt(expression, range), words: wordsIn(message) }
  const syntax = syntaxProblems[code]?.(place)
  if (syntax !== undefined) {
    const at = range?.start ?? 0
    const operator = operatorAt(expression, at)
    const advice = operator === undefined ? '' : `; write ${operator}`
    return `${syntax} at ${textPosition(expression, at)}${advice}`
  }
  const reason = otherProblems[code]?.(place)
  if (reason === undefined) return message
  const part = range === undefined ? '' : expression.slice(range.start, range.end)
  return part.length < 2 || part.length > MAX_QUOTED_CHARS ? reason : `${reason}: ${part}`
}

/** Returns what follows the colon in a message of the library: `Unknown variable: datta`. */
const nameAfter = (message: string): string => `'${message.slice(message.indexOf(': ') + 2)}'`

/** Returns the words of a message that name something: those in quotes or after a colon, a call, or the expected token. */
function wordsIn(message: string): readonly string[] {
  const quoted = [...message.matchAll(/'((?:[^']|'(?=\w))*)'/g)].map(([, word = '']) => plainType(word))
  if (quoted.length > 0) return quoted
  const [, token] = /^Expected ([A-Z]+), got/.exec(message) ?? []
  if (token !== undefined) return [token]
  const [call] = /^\w+\([^)]*\)/.exec(message) ?? []
  if (call !== undefined) return [call]
  return message
    .slice(message.indexOf(': ') + 2)
    .split(' ')
    .map(plainType)
}

/** Returns a type without the mark of values whose type only the event tells: `dyn<string>` is `string`. */
const plainType = (type: string): string => type.replaceAll(/dyn<(\w+)>/g, '$1')

/** Describes operands that an operator does not take: `string`, `==`, `int`, or `-string` for an operator with one operand. */
export function describeOverload([left = '', operator, right]: readonly string[]): string {
  if (operator === undefined) return `${left.charAt(0)} cannot be used with ${left.slice(1)}`
  return `${operator} cannot be used with ${left} and ${right}`
}

/** Returns the piece of the expression that an error is about, in quotes. */
function foundAt(expression: string, range: CelFields['range']): string {
  if (range === undefined || range.start >= expression.length) return 'the end'
  return `'${wordAt(expression, range.start) || expression.slice(range.start, range.end)}'`
}

const wordAt = (expression: string, at: number): string => /^[\w.]+/.exec(expression.slice(at))?.[0] ?? ''

function operatorAt(expression: string, at: number): string | undefined {
  const found = wordAt(expression, at) || expression.charAt(at)
  return Object.hasOwn(operators, found) ? operators[found] : undefined
}
