import { cellWidth } from '../../text/cell-width.ts'

/**
 * Creates a function that returns the spaces after a text, which align what follows it on the lines so far. A text that is wider
 * than `max` terminal cells does not widen the column. Lines are printed as they come, so the widest text is not known before.
 */
export function growingColumn(): (text: string, max: number) => string {
  let widest = 0
  return (text, max) => {
    const width = cellWidth(text)
    if (width <= max && width > widest) widest = width
    return ' '.repeat(Math.max(0, Math.min(widest, max) - width))
  }
}
