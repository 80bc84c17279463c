import type { Hint } from '../../bus/hints.ts'

/** Fields of a JSON object. */
export type Fields = Readonly<Record<string, unknown>>

/** The reason why input cannot be published. */
export interface BadInput {
  readonly ok: false
  readonly reason: string
  readonly hints?: readonly Hint[] | undefined
}

/** Bytes to publish, or the reason why the input cannot be published. */
export type Bytes = { readonly ok: true; readonly bytes: Uint8Array } | BadInput

/** The result for input that cannot be published. */
export const bad = (reason: string, ...hints: Hint[]): BadInput => ({ ok: false, reason, hints })

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Encodes text as UTF-8. Refuses lone surrogates, which would become U+FFFD. */
export const utf8 = (text: string): Bytes =>
  text.isWellFormed() ? { ok: true, bytes: Buffer.from(text) } : bad('a string contains a lone surrogate')

export function readBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  // Node skips invalid characters, so compare with the text encoded again.
  return bytes.toString('base64') === text ? bytes : undefined
}
