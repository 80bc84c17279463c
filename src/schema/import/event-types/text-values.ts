/** A possible value of an expression for one variant. */
export type Value =
  /** A string. `isDefault` if it comes from a `_` arm. */
  | { readonly kind: 'text'; readonly text: string; readonly isDefault?: boolean }
  /** The enum itself. */
  | { readonly kind: 'self' }
  /** The payload of a newtype variant. */
  | { readonly kind: 'inner' }
  /** The event type of the payload, which is an enum with event types of its own. */
  | { readonly kind: 'delegated' }
  | { readonly kind: 'unknown' }

export const UNKNOWN: readonly Value[] = [{ kind: 'unknown' }]

/** The maximum number of texts that one expression may have as its value. */
export const MAX_TEXTS = 200

/** Concatenates the possible values of each piece: every combination of texts. */
export function concatenated(pieces: readonly (readonly Value[])[]): readonly Value[] {
  let texts: readonly { readonly kind: 'text'; readonly text: string; readonly isDefault?: boolean }[] = [
    { kind: 'text', text: '' },
  ]
  let isPartlyUnknown = false
  for (const piece of pieces) {
    const next = piece.flatMap((value) => (value.kind === 'text' ? [value] : []))
    isPartlyUnknown ||= next.length < piece.length
    if (texts.length * next.length > MAX_TEXTS) return UNKNOWN
    texts = texts.flatMap((before) =>
      next.map((after) => ({
        kind: 'text' as const,
        text: before.text + after.text,
        isDefault: before.isDefault === true || after.isDefault === true,
      })),
    )
  }
  return isPartlyUnknown ? [...texts, ...UNKNOWN] : texts
}
