import { cellWidth } from '../../text/cell-width.ts'

/** A column whose widest text is not known before, because lines are printed as they come. */
export interface GrowingColumn {
  /** Makes the column as wide as a text. A text that is wider than `max` terminal cells does not widen it. */
  widen(text: string, max: number): void
  /** Returns the spaces after a text, which align what follows it with the lines so far. */
  after(text: string, max: number): string
}

export function growingColumn(): GrowingColumn {
  let widest = 0
  return {
    widen(text, max) {
      const width = cellWidth(text)
      if (width <= max) widest = Math.max(widest, width)
    },
    after: (text, max) => ' '.repeat(Math.max(0, Math.min(widest, max) - cellWidth(text))),
  }
}
