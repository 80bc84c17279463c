const ZERO = '▁'
const levels = ['▂', '▃', '▄', '▅', '▆', '▇', '█']

/**
 * Draws the last values as bars, newest on the right, scaled to the largest. Zero looks different from a small value, and an
 * unknown value (`NaN`) is a space.
 */
export function sparkline(values: readonly number[], width: number): string {
  const shown = values.slice(-width)
  const largest = shown.reduce((most, value) => (value > most ? value : most), 0)
  const marks = shown.map((value) => {
    if (Number.isNaN(value)) return ' '
    return value <= 0 ? ZERO : (levels[Math.ceil((value / largest) * levels.length) - 1] ?? ZERO)
  })
  return marks.join('').padStart(width)
}
