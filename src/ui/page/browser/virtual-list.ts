import type { PageElement, PageWindow } from './dom.ts'
import type { Elements } from './elements.ts'

/** What a list shows. */
interface ListContent {
  readonly count: number
  /** Creates the row at an index. */
  row(index: number): PageElement
}

/** A list of many rows of one height, of which only the visible ones exist. */
export interface VirtualList {
  readonly element: PageElement
  /** Replaces the rows. `width` is the width of all rows in pixels; absent: that of the list. */
  show(content: ListContent, width?: number): void
  /** Draws the visible rows again. */
  refresh(): void
  /** Selects a row and scrolls to it; -1 selects none. */
  select(index: number): void
  readonly selected: number
  /** The number of rows that fit. */
  readonly page: number
}

interface ListOptions {
  readonly id: string
  readonly label: string
  /** The height of a row in pixels. */
  readonly height: number
  /** Called when another row is selected. */
  readonly onSelect: (index: number) => void
  /** Called for Enter and for a click on the selected row. */
  readonly onOpen: () => void
}

/** Runs in the browser, so it refers to nothing outside of itself. */
export function virtualList(window: PageWindow, { html }: Elements, options: ListOptions): VirtualList {
  const { id, label, height, onSelect, onOpen } = options
  /** Rows above and below the visible ones, so that scrolling shows no gaps. */
  const margin = 20
  /** For printing, all rows are drawn, up to this number. */
  const maxPrinted = 2000
  const rows = html('div', 'rows')
  const element = html('div', 'list', rows)
  element.id = id
  element.tabIndex = 0
  element.setAttribute('role', 'listbox')
  element.setAttribute('aria-label', label)
  let content: ListContent = { count: 0, row: () => html('div', '') }
  let selected = -1
  let first = -1
  let last = -1

  const draw = (from: number, to: number): void => {
    first = from
    last = to
    const drawn: PageElement[] = []
    for (let index = from; index < to; index += 1) {
      const row = content.row(index)
      row.id = `${id}-${index}`
      row.dataset.index = String(index)
      row.setAttribute('role', 'option')
      row.setAttribute('aria-setsize', String(content.count))
      row.setAttribute('aria-posinset', String(index + 1))
      row.setAttribute('aria-selected', String(index === selected))
      row.style.setProperty('top', `${index * height}px`)
      drawn.push(row)
    }
    rows.replaceChildren(...drawn)
    if (selected >= from && selected < to) element.setAttribute('aria-activedescendant', `${id}-${selected}`)
    else element.removeAttribute('aria-activedescendant')
  }
  const refresh = (): void => {
    const visible = Math.ceil(element.clientHeight / height)
    const top = Math.floor(element.scrollTop / height)
    draw(Math.max(0, top - margin), Math.min(content.count, top + visible + margin))
  }
  const scrolled = (): void => {
    const visible = Math.ceil(element.clientHeight / height)
    const top = Math.floor(element.scrollTop / height)
    const isDrawn = Math.max(0, top - 2) >= first && Math.min(content.count, top + visible + 2) <= last
    if (!isDrawn || (first > 0 && top === 0)) refresh()
  }
  const list: VirtualList = {
    element,
    show(next, width) {
      content = next
      rows.style.setProperty('height', `${content.count * height}px`)
      rows.style.setProperty('width', width === undefined ? '100%' : `${width}px`)
      refresh()
    },
    refresh,
    select(index) {
      const isOther = index !== selected
      selected = index
      const top = index * height
      if (index >= 0 && top < element.scrollTop) element.scrollTop = top
      if (index >= 0 && top + height > element.scrollTop + element.clientHeight)
        element.scrollTop = top + height - element.clientHeight
      refresh()
      if (isOther) onSelect(index)
    },
    get selected() {
      return selected
    },
    get page() {
      return Math.max(1, Math.floor(element.clientHeight / height) - 1)
    },
  }
  element.addEventListener('scroll', () => void window.requestAnimationFrame(scrolled), { passive: true })
  element.addEventListener('click', ({ target }) => {
    const index = Number(target.closest('[data-index]')?.dataset.index ?? -1)
    if (index < 0) return
    list.select(index)
    onOpen()
  })
  window.addEventListener('resize', refresh)
  window.addEventListener('beforeprint', () => draw(0, Math.min(content.count, maxPrinted)))
  window.addEventListener('afterprint', refresh)
  return list
}
