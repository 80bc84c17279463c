import { randomInt, randomUUID } from 'node:crypto'

/** Renders a template. `index` is the number of the event, from 1. */
export type DataTemplate = (index: number) => string
export type CompiledData =
  | { readonly ok: true; readonly render: DataTemplate }
  | { readonly ok: false; readonly reason: string }

/** The source of random values for templates. */
export interface Randomness {
  /** Returns an integer of at least `low` and less than `high`. */
  readonly int: (low: number, high: number) => number
  readonly uuid: () => string
}

const nodeRandomness: Randomness = { int: (low, high) => randomInt(low, high), uuid: () => randomUUID() }

interface Sources {
  readonly now: () => number
  readonly random: Randomness
}

/** An example of each placeholder, by the name of the placeholder. */
const examples: ReadonlyMap<string, string> = new Map([
  ['i', '{{i}}'],
  ['uuid', '{{uuid}}'],
  ['now', '{{now}}'],
  ['now_ms', '{{now_ms}}'],
  ['random', '{{random 1 100}}'],
  ['pick', '{{pick a b c}}'],
])

/** Compiles a known placeholder with its arguments; `undefined` if the arguments are invalid. */
function compilePlaceholder(name: string, args: readonly string[], { now, random }: Sources): DataTemplate | undefined {
  if (name === 'random') return randomPlaceholder(args, random)
  if (name === 'pick') return args.length === 0 ? undefined : () => args[random.int(0, args.length)] ?? ''
  if (args.length > 0) return undefined
  if (name === 'uuid') return () => random.uuid()
  if (name === 'now') return () => new Date(now()).toISOString()
  if (name === 'now_ms') return () => String(now())
  // The remaining placeholder is `i`.
  return (index) => String(index)
}

function randomPlaceholder(args: readonly string[], random: Randomness): DataTemplate | undefined {
  if (args.length !== 2 || !args.every((arg) => /^-?\d+$/.test(arg))) return undefined
  const [low = 0, high = 0] = args.map(Number)
  // Node's randomInt supports ranges below 2^48.
  const fits = Number.isSafeInteger(low) && Number.isSafeInteger(high + 1) && high >= low && high - low < 2 ** 48 - 1
  return fits ? () => String(random.int(low, high + 1)) : undefined
}

/**
 * Compiles a text with the placeholders `{{i}}` (from 1), `{{uuid}}`, `{{now}}`, `{{now_ms}}`, `{{random 1 100}}` (both numbers
 * included) and `{{pick a b c}}`. `\{{` stands for a literal `{{`.
 */
export function compileData(text: string, now: () => number, random: Randomness = nodeRandomness): CompiledData {
  const pieces: (string | DataTemplate)[] = []
  // The alternatives: an escaped `{{`, a placeholder, a `{{` without its `}}`, literal text, a single literal brace or backslash.
  for (const [whole, inside] of text.matchAll(/\\\{\{|\{\{([^{}]*)\}\}|\{\{|[^\\{]+|[\\{]/g)) {
    if (inside !== undefined) {
      const [name = '', ...args] = inside.trim().split(/\s+/)
      const example = examples.get(name)
      if (example === undefined) {
        const known = [...examples.values()].join(' ')
        return { ok: false, reason: `there is no placeholder ${whole}; use ${known}, or \\{{ for literal braces` }
      }
      const piece = compilePlaceholder(name, args, { now, random })
      if (piece === undefined) return { ok: false, reason: `${whole} is invalid; write it like ${example}` }
      pieces.push(piece)
    } else if (whole === '{{') {
      return { ok: false, reason: 'a {{ has no matching }}; write \\{{ for literal braces' }
    } else pieces.push(whole === '\\{{' ? '{{' : whole)
  }
  return {
    ok: true,
    render: (index) => pieces.map((piece) => (typeof piece === 'string' ? piece : piece(index))).join(''),
  }
}

/** The texts of flags by flag name. A flag that may be repeated has a list. */
type FlagTexts = Readonly<Record<string, string | readonly string[] | undefined>>

export type CompiledTexts<T> =
  | {
      readonly ok: true
      /** Renders the texts of one event. `undefined` if no text is a template: all events then have the same texts. */
      readonly render: ((index: number) => T) | undefined
    }
  | { readonly ok: false; readonly flag: string; readonly reason: string }

/** Compiles the texts of flags, which are rendered for each event. They have the placeholders of {@link compileData}. */
export function compileTexts<T extends FlagTexts>(
  texts: T,
  now: () => number,
  random: Randomness = nodeRandomness,
): CompiledTexts<T> {
  const renders: [flag: string, render: (index: number) => string | readonly string[]][] = []
  for (const [flag, text] of Object.entries(texts)) {
    const parts: DataTemplate[] = []
    for (const part of typeof text === 'string' ? [text] : (text ?? [])) {
      const compiled = compileData(part, now, random)
      if (!compiled.ok) return { ok: false, flag, reason: compiled.reason }
      parts.push(compiled.render)
    }
    const isTemplate = [text].flat().some((part) => part?.includes('{{'))
    if (!isTemplate) continue
    const [only] = parts
    renders.push([flag, typeof text === 'string' && only ? only : (index) => parts.map((part) => part(index))])
  }
  if (renders.length === 0) return { ok: true, render: undefined }
  return {
    ok: true,
    render: (index) => ({ ...texts, ...Object.fromEntries(renders.map(([flag, render]) => [flag, render(index)])) }),
  }
}
