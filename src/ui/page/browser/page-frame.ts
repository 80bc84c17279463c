import type { PageElement, PageWindow } from './dom.ts'
import type { Elements } from './elements.ts'

/** A finding of a document of crbus. */
export interface PageFinding {
  readonly code: string
  readonly message: string
  /** What to try next: a command, a flag or advice. */
  readonly suggestions: readonly { readonly run?: string; readonly flag?: string; readonly hint?: string }[]
}

/** A row of tabs. */
interface PageTabs {
  readonly element: PageElement
  /** Marks a tab as selected. */
  select(index: number): void
}

/** What limits the rows of a page. */
export interface PageFilter {
  readonly parts: readonly PageElement[]
  readonly search: PageElement
  /** The text to search for, in lower case. Empty: all. */
  readonly wanted: string
  readonly isOnlyFindings: boolean
  readonly isActive: boolean
  /** Says how many rows are shown. */
  report(shown: number, all: number): void
  /** Switches between all rows and those with findings. */
  toggleFindings(): void
  /** Searches for nothing. */
  clearSearch(): void
  /** Shows all rows again. */
  clear(): void
}

/** Makes what all pages have around their content. */
export interface PageFrame {
  /** Switches between light and dark. */
  switchTheme(): void
  /** A number with its noun, such as **3** findings. */
  counted(count: number, noun: string): PageElement
  /** The title with buttons beside it, and a line of facts. */
  header(title: string, parts: HeaderParts): PageElement
  /** The list of findings; none if there are none. `show` returns what shows a finding. */
  findingsPanel<Finding extends PageFinding>(
    findings: readonly Finding[],
    toneOf: (finding: Finding) => string,
    show: (finding: Finding) => (() => void) | undefined,
  ): readonly PageElement[]
  /** The dialog that explains the keys. */
  helpDialog(keys: readonly (readonly [string, string])[], ...notes: readonly PageElement[]): PageElement
  /** Tabs that switch the content of the element with the id `controls`. */
  tabs(labels: readonly string[], controls: string, onSwitch: (index: number) => void): PageTabs
  /** The search, and the choice of rows with findings. `what` says what is searched. */
  filter(what: string, hasFindings: boolean, onChange: () => void): PageFilter
  /** The buttons that zoom by a factor. */
  zooms(zoomBy: (factor: number) => void): PageElement
}

interface HeaderParts {
  readonly buttons: readonly PageElement[]
  readonly help: PageElement
  readonly facts: readonly (PageElement | false)[]
}

/** Runs in the browser, so it refers to nothing outside of itself. */
export function pageFrame(window: PageWindow, { html, button }: Elements): PageFrame {
  /** Shows what to try next: a command or a flag as code. */
  const next = ({ run, flag, hint }: PageFinding['suggestions'][number]): PageElement => {
    const words = run ?? flag
    return html('div', 'dim', 'try: ', words === undefined ? hint : html('code', 'mono', words))
  }
  const switchTheme = (): void => {
    const root = window.document.documentElement
    const isDark =
      root.dataset.theme === undefined
        ? window.matchMedia('(prefers-color-scheme: dark)').matches
        : root.dataset.theme === 'dark'
    root.dataset.theme = isDark ? 'light' : 'dark'
  }
  return {
    switchTheme,
    counted: (count, noun) =>
      html('span', '', html('b', '', count.toLocaleString('en')), ` ${noun}${count === 1 ? '' : 's'}`),
    header: (title, { buttons, help, facts }) =>
      html(
        'header',
        '',
        html('h1', '', title),
        ...buttons,
        html('span', 'spring'),
        button('Theme', 'quiet no-print', switchTheme),
        button('Keys', 'quiet no-print', () => help.showModal()),
        html('div', 'facts', ...facts),
      ),
    findingsPanel(findings, toneOf, show) {
      if (findings.length === 0) return []
      const items = findings.map((finding) => {
        const shows = show(finding)
        return html(
          'li',
          '',
          html('span', `badge ${toneOf(finding)}`, finding.code),
          html('span', '', finding.message, ...finding.suggestions.map(next)),
          shows && button('Show', 'quiet no-print', shows),
        )
      })
      const panel = html('section', 'findings', html('ul', '', ...items))
      panel.setAttribute('aria-label', 'Findings')
      return [panel]
    },
    helpDialog(keys, ...notes) {
      const pairs = keys.flatMap(([key, text]) => [html('dt', '', html('kbd', '', key)), html('dd', '', text)])
      const dialog = html(
        'dialog',
        '',
        html('h2', '', 'Keys'),
        html('dl', 'pairs', ...pairs),
        ...notes,
        button('Close', '', () => dialog.close()),
      )
      dialog.setAttribute('aria-label', 'Keys')
      return dialog
    },
    tabs(labels, controls, onSwitch) {
      const own = labels.map((label, at) => {
        const tab = button(label, '', () => onSwitch(at))
        tab.setAttribute('role', 'tab')
        tab.setAttribute('aria-controls', controls)
        return tab
      })
      const element = html('span', '', ...own)
      element.setAttribute('role', 'tablist')
      return {
        element,
        select(index) {
          for (const [at, tab] of own.entries()) tab.setAttribute('aria-selected', String(at === index))
        },
      }
    },
    filter(what, hasFindings, onChange) {
      const search = html('input', '')
      search.setAttribute('type', 'search')
      search.setAttribute('placeholder', `Search ${what}`)
      search.setAttribute('aria-label', `Search ${what}`)
      const onlyFindings = html('input', '')
      onlyFindings.setAttribute('type', 'checkbox')
      const count = html('span', 'dim')
      count.setAttribute('role', 'status')
      search.addEventListener('input', onChange)
      onlyFindings.addEventListener('change', onChange)
      const only = hasFindings && html('label', '', onlyFindings, 'only findings')
      const filter: PageFilter = {
        parts: [html('span', 'spring'), count, ...(only ? [only] : []), search],
        search,
        get wanted() {
          return search.value.trim().toLowerCase()
        },
        get isOnlyFindings() {
          return onlyFindings.checked
        },
        get isActive() {
          return filter.wanted !== '' || onlyFindings.checked
        },
        report(shown, all) {
          count.textContent = filter.isActive ? `${shown} of ${all}` : ''
        },
        toggleFindings() {
          onlyFindings.checked = !onlyFindings.checked
          onChange()
        },
        clearSearch() {
          search.value = ''
          onChange()
        },
        clear() {
          search.value = ''
          onlyFindings.checked = false
          onChange()
        },
      }
      return filter
    },
    zooms(zoomBy) {
      const zoomOut = button('−', '', () => zoomBy(0.5))
      const zoomIn = button('+', '', () => zoomBy(2))
      zoomOut.setAttribute('aria-label', 'Zoom out')
      zoomIn.setAttribute('aria-label', 'Zoom in')
      return html('span', 'zooms', zoomOut, zoomIn)
    },
  }
}
