import { renamer, type Swap } from './rename.ts'
import { has, holds, lookUp, type Scope, swapOf, TemplateError, type Value } from './scope.ts'

/** In the notation `word is path`: within a region, the value at the path replaces the word. */
interface Replacement {
  readonly word: string
  readonly path: string
}

/** A part of a template's text. All kinds except `line` are directives, with the parts inside their region. */
type Part =
  | { readonly kind: 'line'; readonly text: string }
  /** Repeats its parts for each item of the list at the path `of`. Inside, `variable` names the item. */
  | {
      readonly kind: 'each'
      readonly variable: string
      readonly of: string
      readonly replacements: Replacement[]
      readonly parts: Part[]
    }
  /** Renders its parts if the condition holds. */
  | { readonly kind: 'if'; readonly condition: string; readonly replacements: Replacement[]; readonly parts: Part[] }
  /** Replaces words in the next line, which is its only part. */
  | { readonly kind: 'put'; readonly replacements: Replacement[]; readonly parts: Part[] }
  /** Renders the text at the path instead of its parts. */
  | { readonly kind: 'as'; readonly path: string; readonly parts: Part[] }
  /** Never renders its parts: they exist only so that the template itself compiles. */
  | { readonly kind: 'here'; readonly parts: Part[] }

/** Matches the beginning of a comment with a directive, in the languages that templates may contain. */
const opening = /^(?:\/\/|#|<!--|\/\*|--|;)\s*crbus:/

interface Directive {
  readonly name: string
  readonly rest: string
}

/**
 * Parses a line as a directive. Returns `undefined` for any other line. Works in steps, because one regular expression for the
 * whole line would take quadratic time on a line of blanks. `at` is the index of the line.
 */
function directiveOf(line: string, at: number): Directive | undefined {
  const trimmed = line.trim()
  const begin = opening.exec(trimmed)?.[0]
  if (begin === undefined) return undefined
  if (trimmed.length > MAX_DIRECTIVE_LENGTH) {
    throw new TemplateError(`line ${at + 1}: a directive is longer than ${MAX_DIRECTIVE_LENGTH} characters`)
  }
  const ending = ['-->', '*/'].find((end) => trimmed.endsWith(end)) ?? ''
  const [, name, rest = ''] =
    /^([\w-]+)(?:\s(.*))?$/.exec(trimmed.slice(begin.length, trimmed.length - ending.length).trim()) ?? []
  return name === undefined ? undefined : { name, rest: rest.trim() }
}

/** Real directives name a few words, and real regions are nested as deep as the data that they repeat. */
const MAX_DIRECTIVE_LENGTH = 2000
const MAX_NESTING = 32

/**
 * Limits the work and the output of one template, because nested regions of an untrusted template could multiply without end. The
 * largest template of crbus writes 60 kB in a few thousand steps.
 */
export class Budget {
  #steps = 200_000
  #length = 4 * 1024 * 1024

  /** Counts a rendered part, even if it writes nothing. Throws `TemplateError` at the limit. */
  step(): void {
    this.#steps -= 1
    if (this.#steps < 0) throw new TemplateError('the regions are repeated more than 200000 times')
  }

  /** Counts a written text, and returns it. Throws `TemplateError` at the limit. */
  take(text: string): string {
    this.#length -= text.length
    if (this.#length < 0) throw new TemplateError('the output is longer than 4 MiB')
    return text
  }
}

/**
 * Renders the text of a template: repeats, omits and renames its marked regions. `words` has the example word of the template for
 * each path of the scope.
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
  if (end < lines.length) throw new TemplateError(`line ${end + 1}: crbus:end without a region`)
  const written: string[] = []
  render(parts, scope, { words, replacements: [], written, budget })
  // Omitted regions leave blank lines behind.
  const [first, ...rest] = written.filter(
    (line, index) => line !== '' || (index > 0 && written[index - 1] !== '') || index === written.length - 1,
  )
  return [...(first === undefined || first === '' ? [] : [first]), ...rest].join('\n').replace(/\n+$/, '\n')
}

/**
 * Parses lines into `parts` up to the end of the innermost region, and returns the index of the line that ends the region.
 * `openRegions` has the indexes of the lines that begin a region around these lines.
 */
function parse(lines: readonly string[], from: number, parts: Part[], openRegions: readonly number[]): number {
  if (openRegions.length > MAX_NESTING)
    throw new TemplateError(`line ${from}: regions are nested more than ${MAX_NESTING} deep`)
  for (let at = from; at < lines.length; at += 1) {
    const line = lines[at] as string
    const directive = directiveOf(line, at)
    if (directive === undefined) {
      parts.push({ kind: 'line', text: line })
      continue
    }
    const { name, rest } = directive
    if (name === 'end') return at
    const part = partOf(name, rest, at)
    parts.push(part)
    if (part.kind === 'put') {
      part.parts.push({ kind: 'line', text: lines[at + 1] ?? '' })
      at += 1
    } else if (part.kind !== 'line') at = parse(lines, at + 1, part.parts, [...openRegions, at])
  }
  const last = openRegions.at(-1)
  if (last !== undefined) throw new TemplateError(`line ${last + 1}: the region has no crbus:end`)
  return lines.length
}

function partOf(name: string, rest: string, at: number): Part {
  const [head = '', ...more] = rest.split(/\s*;\s*/)
  const replacementsIn = (texts: readonly string[]) =>
    texts.filter((text) => text !== '').map((text) => replacementOf(text, at))
  switch (name) {
    case 'each': {
      const [, variable, of] = /^(\w+) of ([\w.]+)$/.exec(head) ?? []
      if (variable === undefined || of === undefined) {
        throw new TemplateError(`line ${at + 1}: expected 'crbus:each event of events'`)
      }
      return { kind: 'each', variable, of, replacements: replacementsIn(more), parts: [] }
    }
    case 'if':
      return { kind: 'if', condition: head, replacements: replacementsIn(more), parts: [] }
    case 'put':
      return { kind: 'put', replacements: replacementsIn([head, ...more]), parts: [] }
    case 'as':
      return { kind: 'as', path: head, parts: [] }
    case 'here':
      return { kind: 'here', parts: [] }
    default:
      throw new TemplateError(
        `line ${at + 1}: unknown directive crbus:${name}; known are each, if, put, as, here and end`,
      )
  }
}

function replacementOf(text: string, at: number): Replacement {
  // The word may contain ' is ', so the last one separates word and path.
  const [, quoted, path] = /^(.+)\s+is\s+([\w.]+)$/.exec(text) ?? []
  const word = /^`(.+)`$/.exec(quoted ?? '')?.[1] ?? quoted
  if (word === undefined || path === undefined) {
    throw new TemplateError(`line ${at + 1}: expected 'word is path', found '${text}'`)
  }
  return { word, path }
}

/** The state of rendering: `replacements` of the regions around a part, and the lines `written` so far. */
interface Rendering {
  readonly words: ReadonlyMap<string, string>
  readonly replacements: readonly Replacement[]
  readonly written: string[]
  readonly budget: Budget
}

function render(parts: readonly Part[], scope: Scope, rendering: Rendering): void {
  const { words, replacements, written, budget } = rendering
  // Created when the first line needs it: a region that contains only regions needs no renamer.
  let rename: ((text: string) => string) | undefined
  const renameLine = (text: string): string => {
    rename ??= renamer([
      ...replacements.flatMap(({ word, path }) => swapOf(scope, word, path) ?? []),
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
        render(part.parts, inner, { words, replacements: [...part.replacements, ...replacements], written, budget })
      }
    } else if (part.kind !== 'here' && (part.kind === 'put' || holds(scope, part.condition))) {
      render(part.parts, scope, { words, replacements: [...part.replacements, ...replacements], written, budget })
    }
  }
}

function textAt(scope: Scope, path: string): string {
  const value = lookUp(scope, path)
  if (typeof value !== 'string') throw new TemplateError(`'${path}' is not a text`)
  return value
}

function itemsOf(scope: Scope, path: string): readonly Value[] {
  const value = lookUp(scope, path)
  if (!Array.isArray(value)) throw new TemplateError(`'${path}' is not a list`)
  return value as readonly Value[]
}

/** Returns the replacements for the example words of a template, as far as the scope has their paths. */
export function wordSwaps(scope: Scope, words: ReadonlyMap<string, string>): Swap[] {
  // The variables of inner regions, which were added last, take precedence.
  const variables = Object.keys(scope)
  const indexOf = (path: string) => variables.indexOf(path.split('.')[0] as string)
  return [...words]
    .filter(([path]) => has(scope, path))
    .sort(([a], [b]) => indexOf(b) - indexOf(a))
    .flatMap(([path, word]) => swapOf(scope, word, path) ?? [])
}
