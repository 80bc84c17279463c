/** A possible value of an expression for one variant. */
export type Value =
  /** A string. `isDefault` is true if a `_` arm returns it. */
  | { readonly kind: 'text'; readonly text: string; readonly isDefault?: boolean }
  /** The enum itself. */
  | { readonly kind: 'self' }
  /** The payload of a newtype variant. */
  | { readonly kind: 'inner' }
  /** The event type of the payload, which is an enum with event types of its own. */
  | { readonly kind: 'delegated' }
  | { readonly kind: 'unknown' }

/** The values of an expression that could not be evaluated. */
export const UNKNOWN: readonly Value[] = [{ kind: 'unknown' }]

/** The maximum number of possible texts of one expression, because combinations multiply. Real enums stay far below it. */
export const MAX_TEXTS = 200

/** Concatenates pieces of which each has several possible values. Returns every combination of texts. */
export function concatenated(pieces: readonly (readonly Value[])[]): readonly Value[] {
  let texts: readonly { readonly kind: 'text'; readonly text: string; readonly isDefault?: boolean }[] = [
    { kind: 'text', text: '' },
  ]
  let isPartlyUnknown = false
  for (const piece of pieces) {
    const pieceTexts = piece.flatMap((value) => (value.kind === 'text' ? [value] : []))
    isPartlyUnknown ||= pieceTexts.length < piece.length
    if (texts.length * pieceTexts.length > MAX_TEXTS) return UNKNOWN
    texts = texts.flatMap((before) =>
      pieceTexts.map((after) => ({
        kind: 'text' as const,
        text: before.text + after.text,
        isDefault: before.isDefault === true || after.isDefault === true,
      })),
    )
  }
  return isPartlyUnknown ? [...texts, ...UNKNOWN] : texts
}
