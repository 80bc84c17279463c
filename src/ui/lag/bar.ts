/** The characters that fill 0 to 7 eighths of a terminal cell. */
const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/** Draws a bar that takes a share, from 0 to 1, of the width. For a share above 0, it is never empty. */
export function bar(share: number, width: number): string {
  const length = share > 0 ? Math.max(1, Math.round(Math.min(share, 1) * width * 8)) : 0
  return `${'█'.repeat(length >> 3)}${eighths[length & 7]}`
}

/** Returns a lag's share of the largest on a logarithmic scale, so that small lags are visible beside a large one. */
export const logarithmicShare = (lag: bigint, largest: bigint): number =>
  largest > 0n ? Math.log1p(Number(lag)) / Math.log1p(Number(largest)) : 0

/** Returns a lag's share of the largest on a linear scale, so that the bars show how the lag is distributed. */
export const linearShare = (lag: bigint, largest: bigint): number => (largest > 0n ? Number(lag) / Number(largest) : 0)
