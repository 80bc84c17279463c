import type { Hint } from '../../bus/hints.ts'

/** The fields of a JSON object. */
export type Fields = Readonly<Record<string, unknown>>

/** Why a line of input cannot be published. */
export interface BadInput {
  readonly ok: false
  readonly reason: string
  readonly hints?: readonly Hint[] | undefined
}

/** Bytes to publish, or the reason why the input cannot be published. */
export type Bytes = { readonly ok: true; readonly bytes: Uint8Array } | BadInput

/** Creates the result for input that cannot be published. */
export const badInput = (reason: string, ...hints: Hint[]): BadInput => ({ ok: false, reason, hints })

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Encodes text as UTF-8. Rejects lone surrogates, because encoding would replace them by U+FFFD. */
export const utf8 = (text: string): Bytes =>
  text.isWellFormed() ? { ok: true, bytes: Buffer.from(text) } : badInput('a string contains a lone surrogate')

/** Decodes base64; `undefined` if the text is not valid base64. */
export function readBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  // Node ignores invalid characters, so encode the bytes again and compare.
  return bytes.toString('base64') === text ? bytes : undefined
}
