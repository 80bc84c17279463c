/** JSON whose 64-bit integers survive: Rust counts money and time in them, and a `number` holds 53 bits. */

export type ParsedJson =
  | {
      readonly ok: true
      /** Integers beyond 2^53 are bigints. */
      readonly value: unknown
    }
  | { readonly ok: false; readonly reason: string }

/** What may be more than a `number` holds. Seldom there, and reading exactly takes five times as long. */
const suspicious = /\d(?:\d{15}|[eE]\+?\d{3})/

export function parseJson(text: string): ParsedJson {
  try {
    return { ok: true, value: suspicious.test(text) ? JSON.parse(text, exactly) : JSON.parse(text) }
  } catch (error) {
    return { ok: false, reason: `not JSON: ${(error as Error).message}` }
  }
}

// TypeScript 6 does not know the third argument, nor `rawJSON`; Node has had both since 21.
function exactly(_: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
  const source = context?.source ?? ''
  if (!Number.isFinite(value)) throw new SyntaxError(`${source} is more than a number can hold`)
  return /^-?\d+$/.test(source) ? BigInt(source) : value
}

const { rawJSON } = JSON as unknown as { readonly rawJSON: (text: string) => unknown }

/** JSON of what {@link parseJson} read. */
export function writeJson(value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch {
    // There is a bigint in it. Looking for them is four times as slow as finding none.
    return JSON.stringify(value, (_, found) => (typeof found === 'bigint' ? rawJSON(found.toString()) : found))
  }
}
