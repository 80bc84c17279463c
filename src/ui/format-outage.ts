import type { Outage } from '../bus/outage.ts'
import { formatDuration } from './text/format-duration.ts'
import { formatTimeOfDay, type TimeZone } from './text/format-time.ts'

/** Formats the beginning or the end of an outage as a notice. `now` is the current time in milliseconds. */
export function formatOutage(outage: Outage, now: number, timeZone: TimeZone): string {
  if (outage.state === 'restored')
    return `back after ${formatDuration(outage.lasted)}; reading resumes where it stopped`
  const { code, message } = outage.error
  const what = code === 'CONNECTION_FAILED' ? 'connection lost' : 'the bus cannot be used'
  const why = message.replace(/^(?:Connection failed|Transport error): /, '')
  return `${what}, retrying since ${formatTimeOfDay(now, timeZone)}: ${why}`
}
