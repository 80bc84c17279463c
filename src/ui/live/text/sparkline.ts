const ZERO = '▁'
const levels = ['▂', '▃', '▄', '▅', '▆', '▇', '█']

/**
 * Draws the last `width` values as vertical bars, newest on the right, scaled to the largest. Zero looks different from a small
 * value, and an unknown value (`NaN`) is a space.
 */
export function sparkline(values: readonly number[], width: number): string {
  const shown = values.slice(-width)
  const largest = shown.reduce((largest, value) => (value > largest ? value : largest), 0)
  const marks = shown.map((value) => {
    if (Number.isNaN(value)) return ' '
    return value <= 0 ? ZERO : (levels[Math.ceil((value / largest) * levels.length) - 1] ?? ZERO)
  })
  return marks.join('').padStart(width)
}
