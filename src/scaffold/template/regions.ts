import { renamer, type Swap } from './rename.ts'
import { has, holds, lookUp, type Scope, swapOf, TemplateError, type Value } from './scope.ts'

/** `word is path`: inside, the word stands for what the path leads to. */
interface Stand {
  readonly word: string
  readonly path: string
}

type Part =
  | { readonly kind: 'line'; readonly text: string }
  | {
      readonly kind: 'each'
      readonly variable: string
      readonly of: string
      readonly stands: Stand[]
      readonly parts: Part[]
    }
  | { readonly kind: 'if'; readonly condition: string; readonly stands: Stand[]; readonly parts: Part[] }
  | { readonly kind: 'put'; readonly stands: Stand[]; readonly parts: Part[] }
  | { readonly kind: 'as'; readonly path: string; readonly parts: Part[] }
  | { readonly kind: 'here'; readonly parts: Part[] }

/** How a comment that is a direction begins, in the languages a template may hold. */
const opening = /^(?:\/\/|#|<!--|\/\*|--|;)\s*crbus:/

interface Direction {
  readonly name: string
  readonly rest: string
}

/** Read by hand: a regular expression for it takes quadratic time on a line of blanks. */
function directionOf(line: string, at: number): Direction | undefined {
  const trimmed = line.trim()
  const begin = opening.exec(trimmed)?.[0]
  if (begin === undefined) return undefined
  if (trimmed.length > MAX_DIRECTION_LENGTH) {
    throw new TemplateError(`line ${at + 1}: a direction is longer than ${MAX_DIRECTION_LENGTH} characters`)
  }
  const ending = ['-->', '*/'].find((end) => trimmed.endsWith(end)) ?? ''
  const [, name, rest = ''] =
    /^([\w-]+)(?:\s(.*))?$/.exec(trimmed.slice(begin.length, trimmed.length - ending.length).trim()) ?? []
  return name === undefined ? undefined : { name, rest: rest.trim() }
}

/** A direction names a handful of words, and regions are nested as deep as the data they repeat. */
const MAX_DIRECTION_LENGTH = 2000
const MAX_NESTING = 32

/**
 * How much may be made of one template, which a stranger may have written: regions in regions multiply. The largest of
 * crbus's own makes 60 kB in some thousand steps.
 */
export class Budget {
  #steps = 200_000
  #length = 4 * 1024 * 1024

  /** Takes a part that is rendered, whether or not it writes anything. */
  step(): void {
    this.#steps -= 1
    if (this.#steps < 0) throw new TemplateError('its regions are repeated more than 200000 times')
  }

  /** Takes a text that is written, and gives it back. */
  take(text: string): string {
    this.#length -= text.length
    if (this.#length < 0) throw new TemplateError('what it makes is longer than 4 MiB')
    return text
  }
}

/**
 * A template's text with its marked regions done: repeated, left out, renamed. `words` says what the words stand for that
 * the template as a whole is written under: `path → word`.
 */
export function renderText(
  text: string,
  scope: Scope,
  words: ReadonlyMap<string, string>,
  budget = new Budget(),
): string {
  if (!text.includes('crbus:')) return budget.take(renamer(wordSwaps(scope, words))(text))
  const lines = text.split('\n')
  const parts: Part[] = []
  const end = parse(lines, 0, parts, [])
  if (end < lines.length) throw new TemplateError(`line ${end + 1}: this ends nothing`)
  const written: string[] = []
  render(parts, scope, { words, stands: [], written, budget })
  // What was left out leaves its blank lines behind.
  const [first, ...rest] = written.filter(
    (line, index) => line !== '' || (index > 0 && written[index - 1] !== '') || index === written.length - 1,
  )
  return [...(first === undefined || first === '' ? [] : [first]), ...rest].join('\n').replace(/\n+$/, '\n')
}

/** Reads up to the end of the innermost region of those that begin at `begun`; answers with the line that ended it. */
function parse(lines: readonly string[], from: number, into: Part[], begun: readonly number[]): number {
  if (begun.length > MAX_NESTING)
    throw new TemplateError(`line ${from}: regions are nested more than ${MAX_NESTING} deep`)
  for (let at = from; at < lines.length; at += 1) {
    const line = lines[at] as string
    const direction = directionOf(line, at)
    if (direction === undefined) {
      into.push({ kind: 'line', text: line })
      continue
    }
    const { name, rest } = direction
    if (name === 'end') return at
    const part = partOf(name, rest, at)
    into.push(part)
    if (part.kind === 'put') {
      part.parts.push({ kind: 'line', text: lines[at + 1] ?? '' })
      at += 1
    } else if (part.kind !== 'line') at = parse(lines, at + 1, part.parts, [...begun, at])
  }
  const last = begun.at(-1)
  if (last !== undefined) throw new TemplateError(`line ${last + 1}: it has no crbus:end`)
  return lines.length
}

function partOf(name: string, rest: string, at: number): Part {
  const [head = '', ...more] = rest.split(/\s*;\s*/)
  const standsIn = (texts: readonly string[]) => texts.filter((text) => text !== '').map((text) => standOf(text, at))
  switch (name) {
    case 'each': {
      const [, variable, of] = /^(\w+) of ([\w.]+)$/.exec(head) ?? []
      if (variable === undefined || of === undefined) {
        throw new TemplateError(`line ${at + 1}: it is written 'crbus:each event of events'`)
      }
      return { kind: 'each', variable, of, stands: standsIn(more), parts: [] }
    }
    case 'if':
      return { kind: 'if', condition: head, stands: standsIn(more), parts: [] }
    case 'put':
      return { kind: 'put', stands: standsIn([head, ...more]), parts: [] }
    case 'as':
      return { kind: 'as', path: head, parts: [] }
    case 'here':
      return { kind: 'here', parts: [] }
    default:
      throw new TemplateError(`line ${at + 1}: there is no crbus:${name}; there are each, if, put, as, here and end`)
  }
}

function standOf(text: string, at: number): Stand {
  // The word may be any text, so the last 'is' counts.
  const [, quoted, path] = /^(.+)\s+is\s+([\w.]+)$/.exec(text) ?? []
  const word = /^`(.+)`$/.exec(quoted ?? '')?.[1] ?? quoted
  if (word === undefined || path === undefined) {
    throw new TemplateError(`line ${at + 1}: '${text}' is not written 'word is path'`)
  }
  return { word, path }
}

interface Rendering {
  readonly words: ReadonlyMap<string, string>
  readonly stands: readonly Stand[]
  readonly written: string[]
  readonly budget: Budget
}

function render(parts: readonly Part[], scope: Scope, rendering: Rendering): void {
  const { words, stands, written, budget } = rendering
  // Made when there is a line: a region of regions has none.
  let rename: ((text: string) => string) | undefined
  const renameLine = (text: string): string => {
    rename ??= renamer([
      ...stands.flatMap(({ word, path }) => swapOf(scope, word, path) ?? []),
      ...wordSwaps(scope, words),
    ])
    return rename(text)
  }
  for (const part of parts) {
    budget.step()
    if (part.kind === 'line' || part.kind === 'as') {
      const text = part.kind === 'line' ? renameLine(part.text) : textAt(scope, part.path)
      for (const line of budget.take(text).split('\n')) written.push(line)
    } else if (part.kind === 'each') {
      for (const item of itemsOf(scope, part.of)) {
        const inner = { ...scope, [part.variable]: item }
        render(part.parts, inner, { words, stands: [...part.stands, ...stands], written, budget })
      }
    } else if (part.kind !== 'here' && (part.kind === 'put' || holds(scope, part.condition))) {
      render(part.parts, scope, { words, stands: [...part.stands, ...stands], written, budget })
    }
  }
}

function textAt(scope: Scope, path: string): string {
  const value = lookUp(scope, path)
  if (typeof value !== 'string') throw new TemplateError(`'${path}' is no text`)
  return value
}

function itemsOf(scope: Scope, path: string): readonly Value[] {
  const value = lookUp(scope, path)
  if (!Array.isArray(value)) throw new TemplateError(`'${path}' is no list`)
  return value as readonly Value[]
}

/** The template's own words, as far as there is something here that they stand for. */
export function wordSwaps(scope: Scope, words: ReadonlyMap<string, string>): Swap[] {
  // What a region is about goes before what the whole is: its variables were added last.
  const places = Object.keys(scope)
  const placeOf = (path: string) => places.indexOf(path.split('.')[0] as string)
  return [...words]
    .filter(([path]) => has(scope, path))
    .sort(([a], [b]) => placeOf(b) - placeOf(a))
    .flatMap(([path, word]) => swapOf(scope, word, path) ?? [])
}
