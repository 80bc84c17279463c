import type { LagReport } from '../operations/lag/report.ts'
import { formatDuration } from './text/format-duration.ts'
import { printable } from './text/printable.ts'

/**
 * Formats a report as lines, one for each group, worst first: `time=… group=… state=… members=… lag=… age=… in=… out=…
 * catch-up=… verdict=…`. Every line has these fields in this order. An absent or unknown value is `-`. Rates are per second.
 */
export function formatLagWatch({ groups }: LagReport, time: number): string {
  const when = new Date(time).toISOString()
  const lines = groups.map(({ group, state, memberCount, lag, age, rates, verdict }) => {
    const fields = {
      time: when,
      group: quoted(printable(group)),
      state,
      members: memberCount,
      lag,
      age: age === undefined ? undefined : formatDuration(age),
      in: rates?.in.toFixed(1),
      out: rates?.out.toFixed(1),
      'catch-up': rates?.catchUp === undefined ? undefined : formatDuration(rates.catchUp),
      verdict,
    }
    return Object.entries(fields)
      .map(([name, value]) => `${name}=${value ?? '-'}`)
      .join(' ')
  })
  return lines.map((line) => `${line}\n`).join('')
}

/** Quotes a name that would otherwise be parsed as several fields. */
const quoted = (name: string): string => (/[\s"=]/.test(name) || name === '' ? JSON.stringify(name) : name)
