import { randomInt, randomUUID } from 'node:crypto'

/** Renders a template; `index` counts from 1. */
export type DataTemplate = (index: number) => string
export type CompiledData =
  | { readonly ok: true; readonly render: DataTemplate }
  | { readonly ok: false; readonly reason: string }

/** The random source of templates. */
export interface Randomness {
  /** An integer from `low` to `high`, without `high`. */
  readonly int: (low: number, high: number) => number
  readonly uuid: () => string
}

const nodeRandomness: Randomness = { int: (low, high) => randomInt(low, high), uuid: () => randomUUID() }

interface Sources {
  readonly now: () => number
  readonly random: Randomness
}

/** Placeholders by name, with an example of each. */
const usages: ReadonlyMap<string, string> = new Map([
  ['i', '{{i}}'],
  ['uuid', '{{uuid}}'],
  ['now', '{{now}}'],
  ['now_ms', '{{now_ms}}'],
  ['random', '{{random 1 100}}'],
  ['pick', '{{pick a b c}}'],
])

/** Compiles a placeholder; `undefined` when its arguments are invalid. */
function compilePlaceholder(
  name: string,
  words: readonly string[],
  { now, random }: Sources,
): DataTemplate | undefined {
  if (name === 'random') return randomPart(words, random)
  if (name === 'pick') return words.length === 0 ? undefined : () => words[random.int(0, words.length)] ?? ''
  if (words.length > 0) return undefined
  if (name === 'uuid') return () => random.uuid()
  if (name === 'now') return () => new Date(now()).toISOString()
  if (name === 'now_ms') return () => String(now())
  return (index) => String(index)
}

function randomPart(words: readonly string[], random: Randomness): DataTemplate | undefined {
  if (words.length !== 2 || !words.every((word) => /^-?\d+$/.test(word))) return undefined
  const [low = 0, high = 0] = words.map(Number)
  // Node's randomInt supports ranges below 2^48.
  const fits = Number.isSafeInteger(low) && Number.isSafeInteger(high + 1) && high >= low && high - low < 2 ** 48 - 1
  return fits ? () => String(random.int(low, high + 1)) : undefined
}

/**
 * Compiles data with the placeholders `{{i}}` (from 1), `{{uuid}}`, `{{now}}`, `{{now_ms}}`, `{{random 1 100}}` and
 * `{{pick a b c}}`. `\{{` is a literal `{{`.
 */
export function compileData(text: string, now: () => number, random: Randomness = nodeRandomness): CompiledData {
  const pieces: (string | DataTemplate)[] = []
  // A single brace or backslash is literal.
  for (const [whole, inside] of text.matchAll(/\\\{\{|\{\{([^{}]*)\}\}|\{\{|[^\\{]+|[\\{]/g)) {
    if (inside !== undefined) {
      const [name = '', ...words] = inside.trim().split(/\s+/)
      const usage = usages.get(name)
      if (usage === undefined) {
        const known = [...usages.values()].join(' ')
        return { ok: false, reason: `there is no placeholder ${whole}; use ${known}, or \\{{ for literal braces` }
      }
      const piece = compilePlaceholder(name, words, { now, random })
      if (piece === undefined) return { ok: false, reason: `${whole} is invalid; write it like ${usage}` }
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

/** Texts by flag name. */
type FlagTexts = Readonly<Record<string, string | readonly string[] | undefined>>

export type CompiledTexts<T> =
  | {
      readonly ok: true
      /** Renders the texts of one event; `undefined` when no text is a template, so that all events have the same texts. */
      readonly render: ((index: number) => T) | undefined
    }
  | { readonly ok: false; readonly flag: string; readonly reason: string }

/** Compiles the texts of flags, which apply to every event, like {@link compileData}. */
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
    if (parts.length === 0 || ![text].flat().some((part) => part?.includes('{{'))) continue
    const [only] = parts
    renders.push([flag, typeof text === 'string' && only ? only : (index) => parts.map((part) => part(index))])
  }
  if (renders.length === 0) return { ok: true, render: undefined }
  return {
    ok: true,
    render: (index) => ({ ...texts, ...Object.fromEntries(renders.map(([flag, render]) => [flag, render(index)])) }),
  }
}
