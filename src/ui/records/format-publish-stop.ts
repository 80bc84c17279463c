import { AppendError, EventBusError } from '../../bus/errors.ts'
import type { LineRange } from '../../operations/publish/lines.ts'
import type { PublishStoppedError } from '../../operations/publish/publish.ts'

/** Returns the error that says where publishing stopped and how to resume without publishing an event twice. */
export function formatPublishStop(stop: PublishStoppedError, topic: string, published: number): EventBusError {
  const { cause, refused, unknown } = stop
  const isUntouched = published === 0 && refused.length === 0 && unknown.length === 0
  if (isUntouched) return cause
  const reasons = refused.map(({ line, reason }) => `line ${line} ${reason}`)
  const reason = cause instanceof AppendError ? cause.summary : cause.message
  const inDoubt = unknown.length === 0 ? [] : [`${linesOf(unknown)} may have been published`]
  const message = [...(reasons.length === 0 ? [reason] : reasons), ...inDoubt].join('; ')
  return new EventBusError(cause.code, message, { topic, hints: stop.hints, isPassing: cause.isPassing, cause })
}

/** Formats ranges of lines: `line 7`, `lines 3, 7 to 9`. */
function linesOf(ranges: readonly LineRange[]): string {
  const named = ranges.map(({ from, to }) => (to === from ? `${from}` : `${from} to ${to}`))
  const isOne = ranges.length === 1 && ranges[0]?.from === ranges[0]?.to
  return `${isOne ? 'line' : 'lines'} ${named.join(', ')}`
}
