import { wrap } from '../../ui/text/wrap.ts'

/** A term of a help page and what it means. */
export type HelpRow = readonly [term: string, meaning: string]

/** A part of a help page: text, then rows. */
interface HelpSection {
  readonly title: string
  readonly text?: string
  readonly rows?: readonly HelpRow[]
}

/** A page of `crbus help NAME` about a subject that several commands share. */
export interface HelpPage {
  readonly summary: string
  readonly sections: readonly HelpSection[]
}

/** The width of pages in columns: that of the narrowest usual terminal. Longer lines are also hard to read. */
const WIDTH = 80

/** The longest term that has its meaning on the same line. */
const MAX_TERM = 30

/** Formats a page as text. */
export function formatHelpPage({ summary, sections }: HelpPage): string {
  const parts = sections.map(({ title, text, rows = [] }) =>
    [title, ...(text === undefined ? [] : [wrap('  ', text, WIDTH), '']), ...formatRows(rows)].join('\n').trimEnd(),
  )
  return `${[wrap('', summary, WIDTH), ...parts].join('\n\n')}\n`
}

/** Aligns the meanings of all terms but the long ones, whose meaning follows on the next line. */
function formatRows(rows: readonly HelpRow[]): string[] {
  const widths = rows.map(([term]) => term.length).filter((width) => width <= MAX_TERM)
  const indent = Math.max(4, ...widths.map((width) => width + 4))
  return rows.map(([term, meaning]) => {
    const isLong = term.length > MAX_TERM
    const head = isLong ? ' '.repeat(indent) : `  ${term.padEnd(indent - 2)}`
    return `${isLong ? `  ${term}\n` : ''}${wrap(head, meaning, WIDTH)}`
  })
}
