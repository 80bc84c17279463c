/** The width of the bar. */
const BAR_CELLS = 24

/** Formats a progress line: the number of published (`verb`) events and, if the `share` that is done (0 to 1) is known, a bar. */
export function formatProgress(
  published: number,
  share: number | undefined,
  seconds: number,
  verb = 'published',
): string {
  const rate = seconds > 0 ? `, ${Math.round(published / seconds).toLocaleString('en')}/s` : ''
  const counted = `${published.toLocaleString('en')} ${verb}${rate}`
  if (share === undefined) return counted
  const full = Math.floor(share * BAR_CELLS)
  return `[${'#'.repeat(full)}${'-'.repeat(BAR_CELLS - full)}] ${String(Math.floor(share * 100)).padStart(3)} % ${counted}`
}
