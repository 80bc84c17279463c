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

/** A comment that is a direction, in the languages a template may hold. */
const direction = /^\s*(?:\/\/|#|<!--|\/\*|--|;)\s*crbus:([\w-]+)(?:\s+(.*?))?\s*(?:-->|\*\/)?\s*$/

/**
 * A template's text with its marked regions done: repeated, left out, renamed. `words` says what the words stand for that
 * the template as a whole is written under: `path → word`.
 */
export function renderText(text: string, scope: Scope, words: ReadonlyMap<string, string>): string {
  if (!text.includes('crbus:')) return renamer(wordSwaps(scope, words))(text)
  const lines = text.split('\n')
  const parts: Part[] = []
  const end = parse(lines, 0, parts, undefined)
  if (end < lines.length) throw new TemplateError(`line ${end + 1}: this ends nothing`)
  const written: string[] = []
  render(parts, scope, { words, stands: [], written })
  // What was left out leaves its blank lines behind.
  const [first, ...rest] = written.filter(
    (line, index) => line !== '' || (index > 0 && written[index - 1] !== '') || index === written.length - 1,
  )
  return [...(first === undefined || first === '' ? [] : [first]), ...rest].join('\n').replace(/\n+$/, '\n')
}

/** Reads up to the end of the region begun at `begun`; answers with the line that ended it. */
function parse(lines: readonly string[], from: number, into: Part[], begun: number | undefined): number {
  for (let at = from; at < lines.length; at += 1) {
    const line = lines[at] as string
    const [, name, rest = ''] = direction.exec(line) ?? []
    if (name === undefined) {
      into.push({ kind: 'line', text: line })
      continue
    }
    if (name === 'end') return at
    const part = partOf(name, rest, at)
    into.push(part)
    if (part.kind === 'put') {
      part.parts.push({ kind: 'line', text: lines[at + 1] ?? '' })
      at += 1
    } else if (part.kind !== 'line') at = parse(lines, at + 1, part.parts, at)
  }
  if (begun !== undefined) throw new TemplateError(`line ${begun + 1}: it has no crbus:end`)
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
}

function render(parts: readonly Part[], scope: Scope, rendering: Rendering): void {
  const { words, stands, written } = rendering
  const own = stands.flatMap(({ word, path }) => swapOf(scope, word, path) ?? [])
  const rename = renamer([...own, ...wordSwaps(scope, words)])
  for (const part of parts) {
    if (part.kind === 'line') written.push(...rename(part.text).split('\n'))
    else if (part.kind === 'as') written.push(...textAt(scope, part.path).split('\n'))
    else if (part.kind === 'each') {
      for (const item of itemsOf(scope, part.of)) {
        const inner = { ...scope, [part.variable]: item }
        render(part.parts, inner, { words, stands: [...part.stands, ...stands], written })
      }
    } else if (part.kind !== 'here' && (part.kind === 'put' || holds(scope, part.condition))) {
      render(part.parts, scope, { words, stands: [...part.stands, ...stands], written })
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
