import type { Outage } from '../bus/outage.ts'
import { formatDuration } from './text/format-duration.ts'

/** Formats the beginning or the end of an outage as a notice. */
export function formatOutage(outage: Outage): string {
  if (outage.state === 'restored') {
    return `connected again after ${formatDuration(outage.lasted)}; reading resumes where it stopped`
  }
  const { code, message } = outage.error
  const what = code === 'CONNECTION_FAILED' ? 'lost the connection to the bus' : 'the bus cannot be used'
  return `${what}: ${message.replace(/^(?:Connection failed|Transport error): /, '')}; waiting`
}
