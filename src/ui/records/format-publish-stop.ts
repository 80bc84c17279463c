import { AppendError, EventBusError } from '../../bus/errors.ts'
import type { LineRange } from '../../operations/publish/lines.ts'
import type { PublishStoppedError } from '../../operations/publish/publish.ts'

/** Creates the error that says where publishing stopped and how to resume without publishing an event twice. */
export function formatPublishStop(stop: PublishStoppedError, topic: string, published: number): EventBusError {
  const { cause, refused, unknown, rest } = stop
  const isUntouched = published === 0 && refused.length === 0 && unknown.length === 0
  if (isUntouched) return cause
  const reasons = refused.map(({ line, reason }) => `line ${line} ${reason}`)
  const reason = cause instanceof AppendError ? cause.summary : cause.message
  const doubt = unknown.length === 0 ? [] : [`${linesOf(unknown)} may have been published`]
  const check = `check with "crbus tail ${topic}" which of ${linesOf(unknown)} were published; to send them again: --lines ${formatLines(unknown)}`
  const message = [...(reasons.length === 0 ? [reason] : reasons), ...doubt].join('; ')
  const hints = [...cause.hints, ...(unknown.length === 0 ? [] : [check]), ...resumption(rest)]
  return new EventBusError(cause.code, message, { topic, hints, isPassing: cause.isPassing, cause })
}

/** A suggestion for publishing the lines that are left. */
export function resumption(rest: readonly LineRange[]): readonly string[] {
  const [first] = rest
  if (first === undefined) return []
  const what = rest.length === 1 && first.to === undefined ? `resume from line ${first.from}` : 'publish the lines left'
  return [`${what}: the same command with --lines ${formatLines(rest)}`]
}

/** Formats ranges for `--lines`. */
const formatLines = (ranges: readonly LineRange[]): string =>
  ranges.map(({ from, to }) => (to === from ? `${from}` : `${from}-${to ?? ''}`)).join(',')

function linesOf(ranges: readonly LineRange[]): string {
  const named = ranges.map(({ from, to }) => (to === from ? `${from}` : `${from} to ${to}`))
  const isOne = ranges.length === 1 && ranges[0]?.from === ranges[0]?.to
  return `${isOne ? 'line' : 'lines'} ${named.join(', ')}`
}
