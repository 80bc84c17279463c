const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/** A bar for a share from 0 to 1 of so many cells. Whatever is more than nothing can be seen. */
export function bar(share: number, width: number): string {
  const parts = share > 0 ? Math.max(1, Math.round(Math.min(share, 1) * width * 8)) : 0
  return `${'█'.repeat(parts >> 3)}${eighths[parts & 7]}`
}

/** A lag's share of the largest, by figures: ten times as many events are a step longer, so that small lags show, too. */
export const shareOfFigures = (lag: bigint, largest: bigint): number =>
  largest > 0n ? Math.log1p(Number(lag)) / Math.log1p(Number(largest)) : 0

/** A lag's share of the largest as it is, which shows who has most of it. */
export const shareOfLargest = (lag: bigint, largest: bigint): number =>
  largest > 0n ? Number(lag) / Number(largest) : 0
