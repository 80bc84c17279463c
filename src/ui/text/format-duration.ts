const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const

/** Formats a duration in its two largest units, in the form that flags accept: `850ms`, `12s`, `3m12s`, `2d4h`. */
export function formatDuration(milliseconds: number): string {
  const whole = Math.floor(milliseconds)
  const at = units.findIndex(([, length]) => whole >= length)
  const unit = units[at]
  if (unit === undefined) return `${whole}ms`
  const next = units[at + 1]
  const rest = next === undefined ? 0 : Math.floor((whole % unit[1]) / next[1])
  return `${Math.floor(whole / unit[1])}${unit[0]}${next === undefined || rest === 0 ? '' : `${rest}${next[0]}`}`
}
