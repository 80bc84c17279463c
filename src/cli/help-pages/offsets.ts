import type { HelpPage, HelpRow } from './help-page.ts'
import { HELP_PAGES } from './page-names.ts'

/** Positions that every command with positions accepts. */
export const positionRows: readonly HelpRow[] = [
  ['start, oldest, earliest', 'the first event that is still there'],
  ['end, newest, latest', 'the end: the offset of the next event that is written'],
  ['47', 'offset 47 of each partition'],
]

/** Positions that stand for a time. */
export const timeRows: readonly HelpRow[] = [
  ['now, today, yesterday', 'this moment, or the first moment of a day in UTC'],
  ['"10m ago"', 'ten minutes ago; s, m, h, d and w are seconds to weeks'],
  ['@-1h, @-1h30m', 'an hour ago, an hour and a half ago'],
  ['@2026-11-23', 'the first moment of a day'],
  ['@2026-11-23T10:00:00Z', 'a time, in the time zone that it names, else in UTC'],
  ['@2026-11-23T10:00:00+01:00', 'a time with an offset from UTC'],
  ['@1662059631', 'Unix time: 10 digits are seconds, 13 milliseconds, 16 microseconds, 19 nanoseconds'],
]

/** Positions relative to the ends of the log, in tail and topics trim. */
export const logRows: readonly HelpRow[] = [
  ['+10', 'ten offsets after the start of each partition'],
  ['-10', 'ten offsets before the end of each partition'],
]

/** Ranges of `tail --from`. */
export const rangeRows: readonly HelpRow[] = [
  ['10:20', 'from offset 10 up to offset 20, which is not included'],
  ['47:', 'from offset 47 on'],
  [':47', 'up to offset 47, which is not included'],
  ['@-48h:-24h', 'from two days ago until one day ago'],
  ['@2026-11-23:1h', 'the first hour of a day'],
]

/** Positions that only `reset --to` accepts. */
export const targetRows: readonly HelpRow[] = [
  ['+100, -100', 'a hundred offsets after or before the committed offset'],
  ['current', 'the committed offset, unchanged'],
  ['group:other', 'the committed offsets of another group'],
  ['file.json', 'the offsets in a document of "crbus groups describe --json", a plan or an undo file'],
]

/** The page of `crbus help offsets`. */
export const offsetsPage: HelpPage = {
  summary: HELP_PAGES.offsets,
  sections: [
    {
      title: 'POSITIONS',
      text: 'A position gives an offset in each partition. Quote a position that contains a space.',
      rows: positionRows,
    },
    {
      title: 'TIMES',
      text: 'A time means the first event with this timestamp or a later one; after the last event, it means the end.',
      rows: timeRows,
    },
    { title: 'FROM THE ENDS OF THE LOG (tail, topics trim)', rows: logRows },
    { title: 'RANGES (tail --from)', rows: rangeRows },
    { title: 'FROM THE COMMITTED OFFSET (reset --to)', rows: targetRows },
    {
      title: 'EXAMPLES',
      rows: [
        ['crbus tail order-events --from @-1h --no-follow', 'the events of the last hour'],
        ['crbus tail order-events --partition 0 --from 10:20', 'ten events of a partition'],
        ['crbus reset --group billing --topic order-events --to @-1h --dry-run', 'what going back an hour means'],
        ['crbus topics trim order-events --before @-48h --dry-run', 'what deleting older events means'],
      ],
    },
  ],
}
