import type { Outage } from '../bus/outage.ts'
import { formatDuration } from './text/format-duration.ts'

/** What a person is told of an outage while something is read. */
export function formatOutage(outage: Outage): string {
  if (outage.state === 'restored') {
    return `connected again after ${formatDuration(outage.lasted)}; going on where reading stopped`
  }
  const { code, message } = outage.error
  const what = code === 'CONNECTION_FAILED' ? 'lost the connection to the bus' : 'the bus cannot be used'
  return `${what}: ${message.replace(/^(?:Connection failed|Transport error): /, '')}; waiting`
}
