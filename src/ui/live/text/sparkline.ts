const ZERO = '▁'
const levels = ['▂', '▃', '▄', '▅', '▆', '▇', '█']

/** Drawn for values that do not change. */
const STEADY = '▄'

/**
 * Draws the last `width` values as vertical bars, newest on the right, scaled from the smallest to the largest of them, so that a
 * change is visible also in large values. Zero looks different from a small value, and an unknown value (`NaN`) is a space.
 */
export function sparkline(values: readonly number[], width: number): string {
  const shown = values.slice(-width)
  const known = shown.filter((value) => !Number.isNaN(value))
  const smallest = Math.max(0, Math.min(...known))
  const range = Math.max(...known) - smallest
  const marks = shown.map((value) => {
    if (Number.isNaN(value)) return ' '
    if (value <= 0) return ZERO
    if (range === 0) return STEADY
    return levels[Math.max(0, Math.ceil(((value - smallest) / range) * levels.length) - 1)] ?? ZERO
  })
  return marks.join('').padStart(width)
}
