const millisecondsPerUnit: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['w', 604_800_000],
])

/** Parses a duration such as `1h30m`, `10s` or `1m3ms` to milliseconds; `undefined` when it is invalid. Whole numbers only. */
export function duration(text: string): number | undefined {
  if (!/^(\d{1,9}(ms|s|m|h|d|w))+$/.test(text)) return undefined
  return [...text.matchAll(/(\d+)(ms|s|m|h|d|w)/g)].reduce(
    (sum, [, count, unit = '']) => sum + Number(count) * (millisecondsPerUnit.get(unit) ?? 0),
    0,
  )
}

/** Formats milliseconds as {@link duration} parses them, without rounding: `1m30s`. */
export function durationText(milliseconds: number): string {
  let left = milliseconds
  const parts = [...millisecondsPerUnit]
    .filter(([unit]) => unit !== 'w')
    .reverse()
    .map(([unit, length]) => {
      const count = Math.floor(left / length)
      left %= length
      return count === 0 ? '' : `${count}${unit}`
    })
  return parts.join('') || '0ms'
}
