/** The pages of `crbus help NAME`, with their summaries for lists. */
export const HELP_PAGES = {
  environment: 'Environment variables that crbus reads',
  'exit-codes': 'Exit codes, and the codes of errors that have them',
  offsets: 'Positions and ranges for --from, --to and --before',
  times: 'Time zones of input and output',
  where: 'CEL expressions for --where, with examples',
} as const

export type HelpPageName = keyof typeof HELP_PAGES

/** The page that oclif shows as a topic without commands. Its text is in package.json. */
export const JSON_PAGE = 'json'
