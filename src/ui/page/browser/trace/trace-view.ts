import type { PageElement, PageWindow } from '../dom.ts'
import type { elements } from '../elements.ts'
import type { jsonTree } from '../json-tree.ts'
import type { pageFrame } from '../page-frame.ts'
import type { pageKeys } from '../page-keys.ts'
import type { virtualList } from '../virtual-list.ts'
import type { traceDetails } from './trace-details.ts'
import type { traceHead } from './trace-head.ts'
import type { PageMessage, PageTrace, traceRows } from './trace-rows.ts'

/** The parts of the page, which run in the browser. They are given because this function refers to nothing outside of itself. */
export interface TraceParts {
  readonly elements: typeof elements
  readonly pageFrame: typeof pageFrame
  readonly pageKeys: typeof pageKeys
  readonly virtualList: typeof virtualList
  readonly jsonTree: typeof jsonTree
  readonly traceRows: typeof traceRows
  readonly traceHead: typeof traceHead
  readonly traceDetails: typeof traceDetails
}

/** Shows a conversation: its facts, its findings, and its messages as a tree, a sequence diagram or a timeline. */
export function traceView(window: PageWindow, trace: PageTrace, parts: TraceParts, rowHeight: number): void {
  const { document } = window
  const tools = parts.elements(document)
  const { html, button } = tools
  const frame = parts.pageFrame(window, tools)
  const { messages, findings, participants } = trace
  const parsed = messages.map(({ time }) => (time === null ? undefined : Date.parse(time)))
  const times = parsed.flatMap((time) => (time === undefined ? [] : [time]))
  const begin = times.reduce((least, time) => Math.min(least, time), Number.POSITIVE_INFINITY)
  const end = times.reduce((most, time) => Math.max(most, time), Number.NEGATIVE_INFINITY)
  const lanes = participants.map(({ name }) => name)
  const rows = parts.traceRows(
    tools,
    {
      lanes,
      begin,
      end,
      toneOf: ({ index }) => trace.tones[index] ?? 'event',
      timeOf: ({ index }) => parsed[index],
    },
    rowHeight,
  )
  const branches = treeOrder()
  const searchTexts: (string | undefined)[] = []
  type ViewName = 'tree' | 'sequence' | 'timeline'
  const views: readonly (readonly [ViewName, string])[] = [
    ['tree', 'Messages'],
    ['sequence', 'Sequence'],
    ['timeline', 'Timeline'],
  ]
  let view: ViewName = 'tree'
  let zoom = 1
  /** The messages that are shown, in the order of the view. */
  let shown: readonly { readonly message: PageMessage; readonly branch: string }[] = []

  const list = parts.virtualList(window, tools, {
    id: 'messages',
    label: 'Messages of the conversation',
    height: rowHeight,
    onSelect: showDetails,
    onOpen: () => openDetails(false),
  })
  const heads = html('div', 'heads')
  heads.hidden = true
  const empty = html('div', 'empty', 'No message matches.')
  const details = html('section', 'details')
  details.setAttribute('aria-label', 'Details of the selected message')
  details.hidden = true
  const filter = frame.filter('type, topic, payload', findings.length > 0, refilter)
  const tabs = frame.tabs(
    views.map(([, label]) => label),
    'messages',
    (at) => switchTo(views[at]?.[0] ?? 'tree'),
  )
  const zooms = frame.zooms(zoomBy)
  zooms.hidden = true
  const head = parts.traceHead(tools, trace, { window, frame, rows, goTo })
  const messageDetails = parts.traceDetails(tools, trace, { rows, jsonTree: parts.jsonTree, goTo })
  const bar = html('div', 'bar no-print', tabs.element, zooms, ...filter.parts)
  document.body.append(...head.parts, bar, html('main', '', viewPart(), details), head.help)
  list.element.addEventListener(
    'scroll',
    () => heads.style.setProperty('transform', `translateX(${-list.element.scrollLeft}px)`),
    { passive: true },
  )
  parts.pageKeys(document, {
    frame,
    filter,
    help: head.help,
    lists: [list.element],
    focusList,
    viewCount: views.length,
    switchTo: (at) => switchTo(views[at]?.[0] ?? 'tree'),
    count: () => shown.length,
    page: () => list.page,
    moveBy,
    nextFinding,
    openDetails,
    close: () => {
      if (!details.hidden) closeDetails()
    },
  })
  window.addEventListener('resize', () => {
    if (view === 'timeline') show()
  })
  switchTo('tree')
  focusList()

  /** The messages as a tree: each below its cause, with the branches in front of it. */
  function treeOrder(): { readonly message: PageMessage; readonly branch: string }[] {
    const maxIndent = 30
    const effects = new Map<number | undefined, PageMessage[]>()
    for (const message of messages) {
      const siblings = effects.get(message.cause)
      if (siblings === undefined) effects.set(message.cause, [message])
      else siblings.push(message)
    }
    const ordered: { readonly message: PageMessage; readonly branch: string }[] = []
    const waiting = (effects.get(undefined) ?? [])
      .map((message) => ({ message, branch: '', below: '', depth: 0 }))
      .reverse()
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { message, branch, below, depth } = next
      ordered.push({ message, branch })
      const own = effects.get(message.index) ?? []
      for (let at = own.length - 1; at >= 0; at -= 1) {
        const isLast = at === own.length - 1
        waiting.push({
          message: own[at] as PageMessage,
          branch: `${below}${isLast ? '└─ ' : '├─ '}`,
          below: depth >= maxIndent ? below : `${below}${isLast ? '   ' : '│  '}`,
          depth: depth + 1,
        })
      }
    }
    return ordered
  }

  function viewPart(): PageElement {
    return html('section', 'view', html('div', 'heads-box', heads), list.element, empty)
  }

  function focusList(): void {
    list.element.focus({ preventScroll: true })
  }

  function switchTo(next: ViewName): void {
    view = next
    tabs.select(views.findIndex(([name]) => name === view))
    zooms.hidden = view !== 'timeline'
    refilter()
  }

  function zoomBy(factor: number): void {
    zoom = Math.max(1, Math.min(64, zoom * factor))
    show()
  }

  /** Whether a message passes the search and the filter. Its search text is made once. */
  function passes(message: PageMessage, wanted: string): boolean {
    if (filter.isOnlyFindings && message.marks.length === 0) return false
    if (wanted === '') return true
    searchTexts[message.index] ??= JSON.stringify(message).toLowerCase()
    return (searchTexts[message.index] as string).includes(wanted)
  }

  function refilter(): void {
    const kept = selectedMessage()
    const { wanted } = filter
    const ordered = view === 'tree' ? branches : messages.map((message) => ({ message, branch: '' }))
    shown = filter.isActive
      ? ordered.filter(({ message }) => passes(message, wanted)).map(({ message }) => ({ message, branch: '' }))
      : ordered
    filter.report(shown.length, messages.length)
    empty.hidden = shown.length > 0
    show()
    const at = kept === undefined ? -1 : shown.findIndex(({ message }) => message === kept)
    list.select(at === -1 && shown.length > 0 ? 0 : at)
  }

  function show(): void {
    if (view === 'tree') {
      heads.hidden = true
      list.show({ count: shown.length, row: (at) => rows.line(messageAt(at), shown[at]?.branch ?? '') })
      return
    }
    heads.hidden = false
    if (view === 'sequence') {
      const width = 36 + lanes.length * rows.laneWidth
      heads.replaceChildren(rows.laneHeads())
      list.show({ count: shown.length, row: (at) => rows.arrow(messageAt(at)) }, width)
      return
    }
    const width = Math.round(Math.max(640, list.element.clientWidth) * zoom)
    heads.replaceChildren(rows.scale(width))
    list.show({ count: shown.length, row: (at) => rows.bar(messageAt(at), causeOf(messageAt(at)), width) }, width)
  }

  function messageAt(at: number): PageMessage {
    return (shown[at] as { readonly message: PageMessage }).message
  }

  function causeOf({ cause }: PageMessage): PageMessage | undefined {
    return cause === undefined ? undefined : messages[cause]
  }

  function selectedMessage(): PageMessage | undefined {
    return shown[list.selected]?.message
  }

  /** Selects a message, also if the filter hides it. */
  function goTo(index: number): void {
    if (!shown.some(({ message }) => message.index === index)) filter.clear()
    list.select(shown.findIndex(({ message }) => message.index === index))
    openDetails(false)
    focusList()
  }

  function showDetails(): void {
    if (!details.hidden) openDetails(false)
  }

  function openDetails(isFocused: boolean): void {
    const message = selectedMessage()
    details.hidden = message === undefined
    if (message === undefined) return
    const close = button('Close', 'quiet no-print', closeDetails)
    details.replaceChildren(...messageDetails(message, close))
    details.scrollTop = 0
    if (isFocused) close.focus()
  }

  function closeDetails(): void {
    details.hidden = true
    focusList()
  }

  function moveBy(rowsDown: number): void {
    if (shown.length === 0) return
    list.select(Math.max(0, Math.min(shown.length - 1, list.selected + rowsDown)))
  }

  /** Selects the next message with a finding, in a direction. */
  function nextFinding(direction: 1 | -1): void {
    for (let step = 1; step <= shown.length; step += 1) {
      const at = (list.selected + direction * step + shown.length * 2) % shown.length
      if (messageAt(at).marks.length > 0) {
        list.select(at)
        return
      }
    }
  }
}
