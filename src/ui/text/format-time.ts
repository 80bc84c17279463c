/** The zone in which times are shown to people: the local zone of the process, or UTC. JSON documents are always in UTC. */
export type TimeZone = 'local' | 'utc'

/** The parts of a time: `2026-11-30`, `08:31:26.868` and `+01:00`, or `Z` in UTC. */
export interface TimeParts {
  readonly day: string
  readonly time: string
  readonly zone: string
}

/**
 * Formats a time in milliseconds since 1970: local times as `2026-11-30 08:31:26.868 +01:00`, times in UTC as in JSON documents:
 * `2026-11-30T07:31:26.868Z`. Flags such as `--from` accept both forms.
 */
export function formatTime(milliseconds: number, timeZone: TimeZone): string {
  const { day, time, zone } = timeParts(milliseconds, timeZone)
  return timeZone === 'utc' ? `${day}T${time}${zone}` : `${day} ${time} ${zone}`
}

/** Formats the time of day to the second, with its zone: `08:31:26 +01:00` or `07:31:26Z`. */
export function formatTimeOfDay(milliseconds: number, timeZone: TimeZone): string {
  const { time, zone } = timeParts(milliseconds, timeZone)
  return `${time.slice(0, 8)}${timeZone === 'utc' ? '' : ' '}${zone}`
}

/** Returns the parts of a time in a zone. */
export function timeParts(milliseconds: number, timeZone: TimeZone): TimeParts {
  const minutes = timeZone === 'utc' ? 0 : -Math.round(new Date(milliseconds).getTimezoneOffset())
  // `toISOString` shows UTC, so shift the time by the offset of the zone.
  const [day = '', time = ''] = new Date(milliseconds + minutes * 60_000).toISOString().split('T')
  return {
    day,
    time: time.slice(0, -1),
    zone: timeZone === 'utc' ? 'Z' : offsetText(minutes),
  }
}

/** The text of the last offset, because the times of a topic mostly have the same offset. */
let lastOffset: { readonly minutes: number; readonly text: string } | undefined

function offsetText(minutes: number): string {
  if (lastOffset?.minutes === minutes) return lastOffset.text
  const two = (part: number) => String(part).padStart(2, '0')
  const size = Math.abs(minutes)
  const text = `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
  lastOffset = { minutes, text }
  return text
}
