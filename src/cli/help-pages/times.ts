import type { HelpPage } from './help-page.ts'
import { HELP_PAGES } from './page-names.ts'

/** The page of `crbus help times`. */
export const timesPage: HelpPage = {
  summary: HELP_PAGES.times,
  sections: [
    {
      title: 'INPUT',
      text: 'A time without a time zone is read as UTC, wherever crbus runs, and a notice says so. "today" and "yesterday" are days in UTC. All forms of a time: crbus help offsets',
      rows: [
        ['2026-11-23T10:00:00Z', 'UTC'],
        ['2026-11-23T10:00:00+01:00', 'an hour ahead of UTC'],
        ['2026-11-23 10:00', 'without a zone, so UTC'],
      ],
    },
    {
      title: 'OUTPUT',
      text: 'Text shows local time, with its offset from UTC where the date is shown. The variable TZ, such as TZ=Europe/Berlin, selects another zone.',
      rows: [
        ['--utc', 'text shows UTC'],
        ['--json, -o json', 'always UTC with Z, as RFC 3339'],
      ],
    },
    {
      title: 'DURATIONS',
      text: 'A whole number and a unit: ms, s, m, h, d or w. Several may follow each other, as in 1h30m.',
    },
  ],
}
