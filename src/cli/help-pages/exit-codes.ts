import { eventBusErrorCodes } from '../../bus/errors.ts'
import { eventStoreErrorCodes } from '../../store/errors.ts'
import { exitCodes } from '../errors.ts'
import type { HelpPage, HelpRow } from './help-page.ts'
import { HELP_PAGES } from './page-names.ts'

/** What each exit code means. README.md has the same table. */
const meanings: Readonly<Record<number, string>> = {
  0: 'done, or the reader of a pipe closed it (crbus tail … | head)',
  1: 'a bug in crbus',
  2: 'wrong usage or bad input',
  3: 'no connection, or the login was refused',
  4: 'topic, group, store tables or conversation not found',
  5: 'publishing or subscribing failed',
  6: 'refused: already exists, invalid name, active group, stale plan, not confirmed, guarded profile, port in use, nothing to start a broker with, store tables with another layout, a file that cannot be created, a read-only bus or store',
  7: 'undecodable data, a corrupt record batch, or a batch over the size limit',
  8: 'the broker rejected the request, or its disk is full',
  9: 'the output cannot be written',
  10: 'a check found something',
  130: 'interrupted',
}

const codes = Object.entries({
  BUG: exitCodes.bug,
  USAGE: exitCodes.usage,
  NOT_FOUND: exitCodes.notFound,
  UNWRITABLE: exitCodes.unwritable,
  ...eventBusErrorCodes,
  ...eventStoreErrorCodes,
})

/** The error codes with an exit code, as rows. */
const codeRows = Object.keys(meanings).flatMap((exitCode): HelpRow[] => {
  const names = codes.filter(([, code]) => String(code) === exitCode).map(([name]) => `CRBUS_${name}`)
  return names.length === 0 ? [] : [[exitCode, names.join(' ')]]
})

/** The page of `crbus help exit-codes`. */
export const exitCodesPage: HelpPage = {
  summary: HELP_PAGES['exit-codes'],
  sections: [
    { title: 'EXIT CODES', text: 'They never change.', rows: Object.entries(meanings) },
    {
      title: 'ERROR CODES',
      text: 'The last word of an error on stderr, and "code" in the JSON document of an error, is one of these.',
      rows: codeRows,
    },
    {
      title: 'NAGIOS',
      text: '"crbus check lag" and "crbus check topic" alone exit like Nagios plugins.',
      rows: [
        ['0', 'ok'],
        ['1', 'warning'],
        ['2', 'critical'],
        ['3', 'unknown'],
      ],
    },
  ],
}
