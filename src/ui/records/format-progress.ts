const WIDTH = 24

/** Formats a progress line: the count, and a bar when the total is known. */
export function formatProgress(published: number, share: number | undefined, seconds: number): string {
  const rate = seconds > 0 ? `, ${Math.round(published / seconds).toLocaleString('en')}/s` : ''
  const counted = `${published.toLocaleString('en')} published${rate}`
  if (share === undefined) return counted
  const full = Math.floor(share * WIDTH)
  return `[${'#'.repeat(full)}${'-'.repeat(WIDTH - full)}] ${String(Math.floor(share * 100)).padStart(3)} % ${counted}`
}
