/** Writes lines to a terminal, and only those that have changed. */
export interface LineScreen {
  /** Shows the lines, from the first row of the terminal on. */
  draw(lines: readonly string[]): void
  /** Erases the terminal. All lines are written again by the next `draw`. */
  clear(): void
}

/** Terminals that know this mode show a frame at once, and others ignore it. */
const BEGIN_FRAME = '\u001b[?2026h'
const END_FRAME = '\u001b[?2026l'
const ERASE_SCREEN = '\u001b[2J'
const ERASE_REST_OF_LINE = '\u001b[K'
const toRow = (row: number): string => `\u001b[${row + 1};1H`

/**
 * Creates a screen that positions each line absolutely. A whole frame on a large terminal takes twenty kilobytes, but a measurement
 * changes few lines, and a key two: over a slow connection, nothing else needs to be sent.
 */
export function lineScreen(write: (text: string) => void): LineScreen {
  let shown: readonly string[] = []
  return {
    draw(lines) {
      const changed = lines.flatMap((line, row) =>
        line === shown[row] ? [] : [`${toRow(row)} ${line}${ERASE_REST_OF_LINE}`],
      )
      const removed = shown.slice(lines.length).map((_, at) => `${toRow(lines.length + at)}${ERASE_REST_OF_LINE}`)
      shown = lines
      if (changed.length + removed.length > 0) write(`${BEGIN_FRAME}${[...changed, ...removed].join('')}${END_FRAME}`)
    },
    clear() {
      shown = []
      write(ERASE_SCREEN)
    },
  }
}
