import { isUtf8 } from 'node:buffer'
import { whyNotJson } from './json/json-syntax.ts'
import { parseJsonKeys } from './json/parse-json-keys.ts'
import { asBuffer } from './text-cache.ts'

/**
 * The result of {@link parseJson}. 64-bit integers keep all digits: Rust services count money and time in them, and a `number`
 * holds 53 bits.
 */
export type ParsedJson =
  | {
      readonly ok: true
      /** Integers beyond 2^53 are bigints. */
      readonly value: unknown
    }
  | { readonly ok: false; readonly reason: string }

/** Finds numbers that a `number` may not hold exactly. They are rare, and parsing them exactly takes five times as long. */
const maybeInexact = /\d(?:\d{15}|[eE]\+?\d{3})/

/** Parses JSON text without losing digits of large integers. `reason` quotes at most one character and one number of the text. */
export function parseJson(text: string): ParsedJson {
  const parsed = tryParse(text)
  if (!('error' in parsed)) return parsed
  return { ok: false, reason: `not JSON: ${whyNotJson(text) ?? parsed.error.message}` }
}

function tryParse(text: string): ParsedJson | { readonly ok: false; readonly error: Error } {
  try {
    const value: unknown = parseJsonKeys(text, maybeInexact.test(text) ? toExact : undefined)
    if (text.length > MIN_DEEP_CHARS && isTooDeep(value)) return { ok: false, reason: `JSON ${tooDeep}` }
    return { ok: true, value }
  } catch (error) {
    // A reviver recurses over the value until the stack overflows.
    if (error instanceof RangeError) return { ok: false, reason: `JSON ${tooDeep}` }
    return { ok: false, error: error as Error }
  }
}

/** Parses JSON in UTF-8 bytes like {@link parseJson}. `text` is the decoded text. */
export function decodeJson(
  bytes: Uint8Array,
): { readonly ok: true; readonly value: unknown; readonly text: string } | { ok: false; reason: string } {
  if (!isUtf8(bytes)) return { ok: false, reason: 'not JSON: not UTF-8' }
  const text = asBuffer(bytes).toString('utf8')
  const parsed = tryParse(text)
  if (parsed.ok) return { ok: true, value: parsed.value, text }
  // Do not look for the mistake: most bytes that are not JSON are in another codec.
  return { ok: false, reason: 'error' in parsed ? 'not JSON' : parsed.reason }
}

// TypeScript 6 has no types for the third argument and for `rawJSON`; Node has had both since version 21.

/** A reviver for `JSON.parse` that converts an integer beyond 2^53 to a bigint. */
function toExact(_: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
  const source = context?.source ?? ''
  if (!Number.isFinite(value)) throw new SyntaxError(`${source} is more than a number can hold`)
  return /^-?\d+$/.test(source) ? BigInt(source) : value
}

const { rawJSON } = JSON as unknown as { readonly rawJSON: (text: string) => unknown }

/** Serializes a value of {@link parseJson} to JSON. */
export function writeJson(value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch {
    // The value contains a bigint. A replacer makes stringify four times slower, so it is used only then.
    return JSON.stringify(value, (_, found) => (typeof found === 'bigint' ? rawJSON(found.toString()) : found))
  }
}

/**
 * Serializes a decoded value to JSON for people and scripts. An integer beyond 2^53 is a string of its digits, bytes are
 * base64, a date is RFC 3339 in UTC. A float that JSON cannot represent is a string, as in payloads decoded by a schema:
 * "NaN", "inf", "-inf"; -0 keeps its sign. Values that JSON cannot represent (undefined, an invalid `Date`) are null.
 */
export const valueJson = (value: unknown, indent?: number): string => JSON.stringify(value, asJsonOrNull, indent)

function asJsonOrNull(this: unknown, name: string, found: unknown): unknown {
  // Return strings first, because most values are strings.
  return typeof found === 'string' ? found : (asJson.call(this, name, found) ?? null)
}

/** A replacer for `JSON.stringify` that converts like {@link valueJson} but leaves out undefined fields. */
export function asJson(this: unknown, name: string, found: unknown): unknown {
  if (typeof found === 'number') return asJsonNumber(found)
  if (typeof found === 'bigint') return Number.isSafeInteger(Number(found)) ? Number(found) : found.toString()
  if (found === null || typeof found !== 'object') return found
  // `JSON.stringify` calls `Buffer.toJSON` before the replacer, so take the Buffer from its parent.
  const original = found instanceof Uint8Array ? found : (this as Readonly<Record<string, unknown>>)[name]
  if (original instanceof Uint8Array) return asBuffer(original).toString('base64')
  if (found instanceof Map) return Object.fromEntries(found)
  return found instanceof Set ? [...found] : found
}

/** Returns what `JSON.stringify` writes for a number as {@link valueJson} does. */
export function asJsonNumber(value: number): unknown {
  if (Number.isFinite(value)) return value === 0 && Object.is(value, -0) ? rawJSON('-0.0') : value
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'inf' : '-inf'
}

/**
 * The maximum nesting of values. Recursion over deeper ones may overflow the stack: `JSON.stringify` does at some thousands.
 */
export const MAX_DEPTH = 256
export const tooDeep = `nested more than ${MAX_DEPTH} levels deep`
/** Shorter texts cannot nest deeply enough to overflow the stack, so they are not checked. */
const MIN_DEEP_CHARS = 1000

function isTooDeep(value: unknown, depth = 0): boolean {
  if (value === null || typeof value !== 'object') return false
  return depth >= MAX_DEPTH || Object.values(value).some((item) => isTooDeep(item, depth + 1))
}
