import type { PageElement, PageEvent, PageWindow } from './dom.ts'
import type { Elements } from './elements.ts'
import type { TraceHead } from './trace-head.ts'
import type { PageMessage, PageTrace, TraceRows } from './trace-rows.ts'
import type { VirtualList } from './virtual-list.ts'

/** The parts of the page, which run in the browser. They are given because this function refers to nothing outside of itself. */
export interface TraceParts {
  readonly elements: (document: PageWindow['document']) => Elements
  readonly virtualList: (
    window: PageWindow,
    elements: Elements,
    options: {
      readonly id: string
      readonly label: string
      readonly height: number
      readonly onSelect: (index: number) => void
      readonly onOpen: () => void
    },
  ) => VirtualList
  readonly jsonTree: (elements: Elements, value: unknown) => PageElement
  readonly traceRows: (
    elements: Elements,
    context: {
      readonly lanes: readonly string[]
      readonly begin: number
      readonly end: number
      readonly toneOf: (message: PageMessage) => string
      readonly timeOf: (message: PageMessage) => number | undefined
    },
    height: number,
  ) => TraceRows
  readonly traceHead: (
    elements: Elements,
    trace: PageTrace,
    context: {
      readonly window: PageWindow
      readonly rows: TraceRows
      readonly goTo: (index: number) => void
      readonly switchTheme: () => void
    },
  ) => TraceHead
  readonly traceDetails: (
    elements: Elements,
    trace: PageTrace,
    context: {
      readonly rows: TraceRows
      readonly jsonTree: (elements: Elements, value: unknown) => PageElement
      readonly goTo: (index: number) => void
    },
  ) => (message: PageMessage, close: PageElement) => readonly PageElement[]
}

/** Shows a conversation: its facts, its findings, and its messages as a tree, a sequence diagram or a timeline. */
export function traceView(window: PageWindow, trace: PageTrace, parts: TraceParts, rowHeight: number): void {
  const { document } = window
  const tools = parts.elements(document)
  const { html, button } = tools
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
  const search = html('input', '')
  search.setAttribute('type', 'search')
  search.setAttribute('placeholder', 'Search type, topic, payload')
  search.setAttribute('aria-label', 'Search type, topic and payload')
  const onlyFindings = html('input', '')
  onlyFindings.setAttribute('type', 'checkbox')
  const count = html('span', 'dim')
  count.setAttribute('role', 'status')
  const tabs = views.map(([name, label]) => {
    const tab = button(label, '', () => switchTo(name))
    tab.setAttribute('role', 'tab')
    tab.setAttribute('aria-controls', 'messages')
    return tab
  })
  const zoomOut = button('−', '', () => zoomBy(0.5))
  const zoomIn = button('+', '', () => zoomBy(2))
  zoomOut.setAttribute('aria-label', 'Zoom out')
  zoomIn.setAttribute('aria-label', 'Zoom in')
  const zooms = html('span', '', zoomOut, zoomIn)
  zooms.hidden = true
  const head = parts.traceHead(tools, trace, { window, rows, goTo, switchTheme })
  const { help } = head
  const messageDetails = parts.traceDetails(tools, trace, { rows, jsonTree: parts.jsonTree, goTo })
  document.body.append(...head.parts, bar(), html('main', '', viewPart(), details), help)
  search.addEventListener('input', refilter)
  onlyFindings.addEventListener('change', refilter)
  list.element.addEventListener('keydown', pressed)
  list.element.addEventListener(
    'scroll',
    () => {
      const left = (list.element as unknown as { readonly scrollLeft: number }).scrollLeft
      heads.style.setProperty('transform', `translateX(${-left}px)`)
    },
    { passive: true },
  )
  document.addEventListener('keydown', pressedAnywhere)
  window.addEventListener('resize', () => {
    if (view === 'timeline') show()
  })
  switchTo('tree')
  list.element.focus({ preventScroll: true })

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

  function bar(): PageElement {
    const tabList = html('span', '', ...tabs)
    tabList.setAttribute('role', 'tablist')
    const only = html('label', '', onlyFindings, 'only findings')
    return html(
      'div',
      'bar no-print',
      tabList,
      zooms,
      html('span', 'spring'),
      count,
      ...(findings.length === 0 ? [] : [only]),
      search,
    )
  }

  function viewPart(): PageElement {
    return html('section', 'view', html('div', 'heads-box', heads), list.element, empty)
  }

  function switchTheme(): void {
    const root = document.documentElement
    const isDark =
      root.dataset.theme === undefined
        ? window.matchMedia('(prefers-color-scheme: dark)').matches
        : root.dataset.theme === 'dark'
    root.dataset.theme = isDark ? 'light' : 'dark'
  }

  function switchTo(next: ViewName): void {
    view = next
    for (const [at, tab] of tabs.entries()) tab.setAttribute('aria-selected', String(views[at]?.[0] === view))
    zooms.hidden = view !== 'timeline'
    refilter()
  }

  function zoomBy(factor: number): void {
    zoom = Math.max(1, Math.min(64, zoom * factor))
    show()
  }

  /** Whether a message passes the search and the filter. Its search text is made once. */
  function passes(message: PageMessage, wanted: string): boolean {
    if (onlyFindings.checked && message.marks.length === 0) return false
    if (wanted === '') return true
    searchTexts[message.index] ??= JSON.stringify(message).toLowerCase()
    return (searchTexts[message.index] as string).includes(wanted)
  }

  function refilter(): void {
    const kept = selectedMessage()
    const wanted = search.value.trim().toLowerCase()
    const isFiltered = wanted !== '' || onlyFindings.checked
    const ordered = view === 'tree' ? branches : messages.map((message) => ({ message, branch: '' }))
    shown = isFiltered
      ? ordered.filter(({ message }) => passes(message, wanted)).map(({ message }) => ({ message, branch: '' }))
      : ordered
    count.textContent = isFiltered ? `${shown.length} of ${messages.length}` : ''
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
    if (!shown.some(({ message }) => message.index === index)) {
      search.value = ''
      onlyFindings.checked = false
      refilter()
    }
    list.select(shown.findIndex(({ message }) => message.index === index))
    openDetails(false)
    list.element.focus({ preventScroll: true })
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
    list.element.focus({ preventScroll: true })
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

  function pressed(event: PageEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const actions = new Map<string, () => void>([
      ['ArrowDown', () => moveBy(1)],
      ['ArrowUp', () => moveBy(-1)],
      ['j', () => moveBy(1)],
      ['k', () => moveBy(-1)],
      ['PageDown', () => moveBy(list.page)],
      ['PageUp', () => moveBy(-list.page)],
      ['Home', () => moveBy(-shown.length)],
      ['End', () => moveBy(shown.length)],
      ['g', () => moveBy(-shown.length)],
      ['G', () => moveBy(shown.length)],
      ['Enter', () => openDetails(true)],
      [' ', () => openDetails(false)],
    ])
    const action = actions.get(event.key)
    if (action === undefined) return
    event.preventDefault()
    action()
  }

  function pressedAnywhere(event: PageEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return
    const isTyping = event.target === search
    if (event.key === 'Escape') {
      if (isTyping) {
        search.value = ''
        refilter()
        list.element.focus({ preventScroll: true })
      } else if (!details.hidden) closeDetails()
      return
    }
    if (isTyping) {
      if (event.key !== 'Enter' && event.key !== 'ArrowDown') return
      event.preventDefault()
      list.element.focus({ preventScroll: true })
      return
    }
    const actions = new Map<string, () => void>([
      [
        '/',
        () => {
          search.focus()
          search.select()
        },
      ],
      ['?', () => help.showModal()],
      ['1', () => switchTo('tree')],
      ['2', () => switchTo('sequence')],
      ['3', () => switchTo('timeline')],
      ['n', () => nextFinding(1)],
      ['N', () => nextFinding(-1)],
      ['t', switchTheme],
      [
        'f',
        () => {
          onlyFindings.checked = !onlyFindings.checked
          refilter()
        },
      ],
    ])
    const action = actions.get(event.key)
    if (action === undefined) return
    event.preventDefault()
    action()
  }
}
