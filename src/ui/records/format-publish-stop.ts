import { AppendError, EventBusError } from '../../bus/errors.ts'
import type { LineRange } from '../../operations/publish/lines.ts'
import type { PublishStoppedError } from '../../operations/publish/publish.ts'

/** The error that tells a person where publishing stopped and how to go on without publishing an event twice. */
export function formatPublishStop(stop: PublishStoppedError, topic: string, published: number): EventBusError {
  const { cause, refused, unknown, rest } = stop
  const isUntouched = published === 0 && refused.length === 0 && unknown.length === 0
  if (isUntouched) return cause
  const reasons = refused.map(({ line, reason }) => `line ${line} ${reason}`)
  const reason = cause instanceof AppendError ? cause.summary : cause.message
  const doubt = unknown.length === 0 ? [] : [`${linesOf(unknown)} may have been published`]
  const look = `look with "crbus tail ${topic}" which of ${linesOf(unknown)} were published: --lines ${formatLines(unknown)} sends them again`
  const message = [...(reasons.length === 0 ? [reason] : reasons), ...doubt].join('; ')
  const suggestions = [...cause.suggestions, ...(unknown.length === 0 ? [] : [look]), ...resumption(rest)]
  return new EventBusError(cause.code, message, { topic, suggestions, isPassing: cause.isPassing, cause })
}

/** What to type to publish the lines that are left. */
export function resumption(rest: readonly LineRange[]): readonly string[] {
  const [first] = rest
  if (first === undefined) return []
  const what = rest.length === 1 && first.to === undefined ? `resume from line ${first.from}` : 'publish what is left'
  return [`${what}: the same command with --lines ${formatLines(rest)}`]
}

/** As `--lines` takes them. */
const formatLines = (ranges: readonly LineRange[]): string =>
  ranges.map(({ from, to }) => (to === from ? `${from}` : `${from}-${to ?? ''}`)).join(',')

function linesOf(ranges: readonly LineRange[]): string {
  const named = ranges.map(({ from, to }) => (to === from ? `${from}` : `${from} to ${to}`))
  const isOne = ranges.length === 1 && ranges[0]?.from === ranges[0]?.to
  return `${isOne ? 'line' : 'lines'} ${named.join(', ')}`
}
