import type { PageDocument, PageElement, PageEvent } from './dom.ts'
import type { PageFilter, PageFrame } from './page-frame.ts'

/** What the keys of a page act on. */
interface KeyOptions {
  readonly frame: PageFrame
  readonly filter: PageFilter
  /** The dialog that explains the keys. While it is open, only its own keys work. */
  readonly help: PageElement
  /** The elements in which the keys that select a row work. */
  readonly lists: readonly PageElement[]
  /** Keys of this page that work in its lists. */
  readonly more?: readonly (readonly [string, () => void])[]
  /** Gives the focus back to the list that is shown. */
  readonly focusList: () => void
  readonly viewCount: number
  readonly switchTo: (view: number) => void
  readonly count: () => number
  /** The number of rows that fit. */
  readonly page: () => number
  readonly moveBy: (rows: number) => void
  readonly nextFinding: (direction: 1 | -1) => void
  /** Shows the details of the selected row, and gives them the focus. */
  readonly openDetails: (isFocused: boolean) => void
  /** Closes what escape closes. */
  readonly close: () => void
}

/** Makes the keys of a page work. Runs in the browser, so it refers to nothing outside of itself. */
export function pageKeys(document: PageDocument, options: KeyOptions): void {
  const { frame, filter, help, focusList, count, page, moveBy, nextFinding, openDetails } = options
  const { search } = filter
  const onLists = new Map<string, () => void>([
    ['ArrowDown', () => moveBy(1)],
    ['ArrowUp', () => moveBy(-1)],
    ['j', () => moveBy(1)],
    ['k', () => moveBy(-1)],
    ['PageDown', () => moveBy(page())],
    ['PageUp', () => moveBy(-page())],
    ['Home', () => moveBy(-count())],
    ['End', () => moveBy(count())],
    ['g', () => moveBy(-count())],
    ['G', () => moveBy(count())],
    ['Enter', () => openDetails(true)],
    [' ', () => openDetails(false)],
    ...(options.more ?? []),
  ])
  const anywhere = new Map<string, () => void>([
    [
      '/',
      () => {
        search.focus()
        search.select()
      },
    ],
    ['?', () => help.showModal()],
    ['n', () => nextFinding(1)],
    ['N', () => nextFinding(-1)],
    ['f', filter.toggleFindings],
    ['t', frame.switchTheme],
    ...Array.from({ length: options.viewCount }, (_, at): [string, () => void] => [
      String(at + 1),
      () => options.switchTo(at),
    ]),
  ])
  const isModified = ({ ctrlKey, metaKey, altKey }: PageEvent) => ctrlKey || metaKey || altKey
  const act = (event: PageEvent, action: (() => void) | undefined): void => {
    if (action === undefined) return
    event.preventDefault()
    action()
  }
  for (const list of options.lists) {
    list.addEventListener('keydown', (event) => {
      if (!isModified(event)) act(event, onLists.get(event.key))
    })
  }
  document.addEventListener('keydown', (event) => {
    if (isModified(event) || help.open) return
    const isTyping = event.target === search
    if (event.key === 'Escape') {
      if (!isTyping) {
        options.close()
        return
      }
      filter.clearSearch()
      focusList()
    } else if (!isTyping) act(event, anywhere.get(event.key))
    else if (event.key === 'Enter' || event.key === 'ArrowDown') act(event, focusList)
  })
}
