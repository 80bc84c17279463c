const NOTHING = '▁'
const levels = ['▂', '▃', '▄', '▅', '▆', '▇', '█']

/**
 * The last so many values as bars, newest on the right, from nothing to the largest of them. Nothing looks different
 * from a little; what is not known (`NaN`) is left out.
 */
export function sparkline(values: readonly number[], width: number): string {
  const shown = values.slice(-width)
  const largest = shown.reduce((most, value) => (value > most ? value : most), 0)
  const marks = shown.map((value) => {
    if (Number.isNaN(value)) return ' '
    return value <= 0 ? NOTHING : (levels[Math.ceil((value / largest) * levels.length) - 1] ?? NOTHING)
  })
  return marks.join('').padStart(width)
}
