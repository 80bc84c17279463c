/** Milliseconds, or a number with its unit: `'250ms'`, `'30s'`, `'5m'`, `'2h'`, `'1d'`. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Whole milliseconds. Throws a `RangeError` for what is no duration: a mistake of whoever wrote it. */
export function toMilliseconds(duration: Duration): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(String(duration)) ?? []
  const milliseconds = typeof duration === 'number' ? duration : Number(digits) * units[unit as keyof typeof units]
  if (Number.isFinite(milliseconds) && milliseconds >= 0) return Math.round(milliseconds)
  throw new RangeError(`'${duration}' is no duration: write milliseconds, or '250ms', '30s', '5m', '2h', '1d'`)
}
