import type { HelpPage } from './help-page.ts'
import { HELP_PAGES, type HelpPageName } from './page-names.ts'

const loaders: Readonly<Record<HelpPageName, () => Promise<HelpPage>>> = {
  environment: async () => (await import('./environment.ts')).environmentPage,
  'exit-codes': async () => (await import('./exit-codes.ts')).exitCodesPage,
  offsets: async () => (await import('./offsets.ts')).offsetsPage,
  times: async () => (await import('./times.ts')).timesPage,
  where: async () => (await import('./where.ts')).wherePage,
}

/** Loads the page of `crbus help NAME`; `undefined` if there is none of that name. */
export async function loadHelpPage(name: string): Promise<HelpPage | undefined> {
  return Object.hasOwn(HELP_PAGES, name) ? loaders[name as HelpPageName]() : undefined
}
