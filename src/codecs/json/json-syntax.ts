/** A mistake in the syntax of JSON. */
interface SyntaxProblem {
  /** The index in the text. */
  readonly at: number
  /** What is wrong there, in words that quote at most one character: the text may hold a secret. */
  readonly reason: string
}

/**
 * Returns why a text is not JSON, with line and column; `undefined` for JSON. Needed because the message of `JSON.parse` differs
 * between releases of Node, often has no position, and quotes the text, which may hold a secret.
 */
export function whyNotJson(text: string): string | undefined {
  const problem = findSyntaxProblem(text)
  return problem && `${problem.reason} at ${textPosition(text, problem.at)}`
}

/** Parses JSON with the digits that JavaScript's numbers keep. `reason` quotes at most one character of the text. */
export function parsePlainJson(
  text: string,
): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly reason: string } {
  try {
    return { ok: true, value: JSON.parse(text) }
  } catch {
    return { ok: false, reason: `not JSON: ${whyNotJson(text)}` }
  }
}

/** Returns the line and column of an index, counted from 1; only the column in a text of one line. Blanks at the end do not count. */
export function textPosition(text: string, at: number): string {
  const shown = text.trimEnd()
  const lines = shown.slice(0, at).split('\n')
  const column = `column ${[...(lines.at(-1) ?? '')].length + 1}`
  return shown.includes('\n') ? `line ${lines.length}, ${column}` : column
}

/** What may come next. `first…` is the position after `{` or `[`, which may be followed by the end of an empty object or array. */
type Expected = 'value' | 'first value' | 'key' | 'first key' | 'colon' | 'comma' | 'end'

const wordsOf: Readonly<Record<Exclude<Expected, 'comma'>, string>> = {
  value: 'a value',
  'first value': 'a value or ]',
  key: 'a key in double quotes',
  'first key': 'a key in double quotes or }',
  colon: 'a colon',
  end: 'the end',
}

const WHITESPACE = /[ \t\n\r]*/y
const SCALAR = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const ESCAPE = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y

/** Finds the first mistake in a text. Keeps the open brackets in a list, because recursion over deep JSON may overflow the stack. */
function findSyntaxProblem(text: string): SyntaxProblem | undefined {
  const open: ('{' | '[')[] = []
  let expected: Expected = 'value'
  let at = 0
  for (;;) {
    at = after(WHITESPACE, text, at)
    const character = text[at]
    if (character === undefined && expected === 'end') return undefined
    const opened = open.at(-1)
    const close = opened === '{' ? '}' : ']'
    const isEmpty = expected === 'first key' || expected === 'first value'
    if (character === close && opened !== undefined && (expected === 'comma' || isEmpty)) {
      open.pop()
      at += 1
      expected = open.length === 0 ? 'end' : 'comma'
    } else if (expected === 'comma' && character === ',') {
      at += 1
      expected = opened === '{' ? 'key' : 'value'
    } else if (expected === 'colon' && character === ':') {
      at += 1
      expected = 'value'
    } else if (character === '"' && expected !== 'comma' && expected !== 'colon' && expected !== 'end') {
      const end = endOfString(text, at + 1)
      if (text[end] !== '"') return stringProblem(text, at, end)
      at = end + 1
      expected = expected.endsWith('key') ? 'colon' : open.length === 0 ? 'end' : 'comma'
    } else if (expected.endsWith('value') && (character === '{' || character === '[')) {
      open.push(character)
      at += 1
      expected = character === '{' ? 'first key' : 'first value'
    } else if (expected.endsWith('value') && after(SCALAR, text, at) > at) {
      at = after(SCALAR, text, at)
      expected = open.length === 0 ? 'end' : 'comma'
    } else {
      const wanted = expected === 'comma' ? `a comma or ${close}` : wordsOf[expected]
      return { at, reason: `expected ${wanted}, found ${foundAt(text, at)}` }
    }
  }
}

/** Returns the index after what a pattern matches at an index; the same index if it does not match. */
function after(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : at
}

/**
 * Returns the index of the quote that ends the string whose content begins at `from`, or of the first mistake before that quote. Jumps
 * from one special character to the next, because one pattern for the whole string overflows the stack at some million characters.
 */
function endOfString(text: string, from: number): number {
  // The second part matches the control characters, which precede the space.
  const special = /["\\]|[^ -\uffff]/g
  special.lastIndex = from
  for (let found = special.exec(text); found !== null; found = special.exec(text)) {
    const next = after(ESCAPE, text, found.index)
    if (next === found.index) return next
    special.lastIndex = next
  }
  return text.length
}

/** Says why a string is invalid that begins at `start` and is valid up to `end`. */
function stringProblem(text: string, start: number, end: number): SyntaxProblem {
  const character = text[end]
  if (character === undefined) return { at: start, reason: 'no closing quote for the string' }
  if (character === '\\') return { at: end, reason: 'invalid escape in a string' }
  return { at: end, reason: `expected an escape such as \\n in a string, found ${foundAt(text, end)}` }
}

const NAMES: Readonly<Record<string, string>> = { '\n': 'a line break', '\r': 'a line break', '\t': 'a tab' }

function foundAt(text: string, at: number): string {
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0)
  if (at >= text.length) return 'the end'
  if (character === "'") return "' instead of double quotes"
  if (/[\p{C}\p{Z}]/u.test(character))
    return NAMES[character] ?? `U+${text.codePointAt(at)?.toString(16).toUpperCase().padStart(4, '0')}`
  return `'${character}'`
}
