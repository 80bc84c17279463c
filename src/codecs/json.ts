import { isUtf8 } from 'node:buffer'
import { asBuffer } from './text-cache.ts'

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
    const value: unknown = suspicious.test(text) ? JSON.parse(text, exactly) : JSON.parse(text)
    if (text.length > DEEP_ENOUGH_TO_LOOK && isTooDeep(value)) return { ok: false, reason: `JSON ${tooDeep}` }
    return { ok: true, value }
  } catch (error) {
    return { ok: false, reason: `not JSON: ${(error as Error).message}` }
  }
}

/** The same of bytes. `text` is what they say. */
export function decodeJson(
  bytes: Uint8Array,
): { readonly ok: true; readonly value: unknown; readonly text: string } | { ok: false; reason: string } {
  if (!isUtf8(bytes)) return { ok: false, reason: 'not JSON: not UTF-8' }
  const text = asBuffer(bytes).toString('utf8')
  const parsed = parseJson(text)
  if (parsed.ok) return { ok: true, value: parsed.value, text }
  // V8 quotes the text in its reason, which belongs to a stranger here.
  return { ok: false, reason: parsed.reason.startsWith('not JSON') ? 'not JSON' : parsed.reason }
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

/**
 * JSON text of a decoded value, for people and scripts. An integer beyond 2^53 is a string of its digits, bytes are
 * base64, a date is RFC 3339 in UTC. A float that JSON has no number for is a word, as in payloads that a schema decodes:
 * "NaN", "inf", "-inf"; -0 keeps its sign. What JSON cannot say (undefined, an invalid `Date`) is null.
 */
export const valueJson = (value: unknown, indent?: number): string => JSON.stringify(value, asJsonOrNull, indent)

function asJsonOrNull(this: unknown, name: string, found: unknown): unknown {
  // Most are texts.
  return typeof found === 'string' ? found : (asJson.call(this, name, found) ?? null)
}

/** The replacer of `JSON.stringify` behind {@link valueJson}, which leaves out fields that are undefined. */
export function asJson(this: unknown, name: string, found: unknown): unknown {
  if (typeof found === 'number') return asJsonNumber(found)
  if (typeof found === 'bigint') return Number.isSafeInteger(Number(found)) ? Number(found) : found.toString()
  if (found === null || typeof found !== 'object') return found
  // A Buffer has become an object by its own `toJSON` before a replacer sees it.
  const original = found instanceof Uint8Array ? found : (this as Readonly<Record<string, unknown>>)[name]
  if (original instanceof Uint8Array) return asBuffer(original).toString('base64')
  if (found instanceof Map) return Object.fromEntries(found)
  return found instanceof Set ? [...found] : found
}

function asJsonNumber(value: number): unknown {
  if (Number.isFinite(value)) return value === 0 && Object.is(value, -0) ? rawJSON('-0.0') : value
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'inf' : '-inf'
}

/** Deeper values overflow the stack of whoever walks them later: `JSON.stringify` gives up at some thousands. */
export const DEEPEST = 256
export const tooDeep = `nested more than ${DEEPEST} deep`
/** Shorter texts cannot hold so many levels that anybody minds. */
const DEEP_ENOUGH_TO_LOOK = 1000

function isTooDeep(value: unknown, depth = 0): boolean {
  if (value === null || typeof value !== 'object') return false
  return depth >= DEEPEST || Object.values(value).some((item) => isTooDeep(item, depth + 1))
}
