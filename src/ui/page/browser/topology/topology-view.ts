import type { PageElement, PageWindow } from '../dom.ts'
import type { elements } from '../elements.ts'
import type { pageFrame } from '../page-frame.ts'
import type { pageKeys } from '../page-keys.ts'
import type { virtualList } from '../virtual-list.ts'
import type { graphLayout } from './graph-layout.ts'
import type { topologyDetails } from './topology-details.ts'
import type { topologyHead } from './topology-head.ts'
import type { topologyMap } from './topology-map.ts'
import type { PageTopology, topologyModel } from './topology-model.ts'
import type { topologyRows } from './topology-rows.ts'

/** The parts of the page, which run in the browser. They are given because this function refers to nothing outside of itself. */
export interface TopologyParts {
  readonly elements: typeof elements
  readonly pageFrame: typeof pageFrame
  readonly pageKeys: typeof pageKeys
  readonly virtualList: typeof virtualList
  readonly graphLayout: typeof graphLayout
  readonly topologyModel: typeof topologyModel
  readonly topologyRows: typeof topologyRows
  readonly topologyMap: typeof topologyMap
  readonly topologyHead: typeof topologyHead
  readonly topologyDetails: typeof topologyDetails
}

/** Shows a topology: its totals, its findings, a map, and lists of topics with their types, of services and of flows. */
export function topologyView(window: PageWindow, data: PageTopology, parts: TopologyParts, rowHeight: number): void {
  /** Larger topologies are not drawn as a whole: their map has the selected node with its neighbors. */
  const [maxNodes, maxEdges, maxNeighbors] = [120, 400, 60]
  const narrow = '(max-width:760px)'
  const { document } = window
  const tools = parts.elements(document)
  const { html, button } = tools
  const frame = parts.pageFrame(window, tools)
  const model = parts.topologyModel(data)
  const { nodes, edges, flows, findings } = model
  const rows = parts.topologyRows(tools, model)
  const isWhole = nodes.length <= maxNodes && edges.length <= maxEdges
  /** What is selected: a node, a type of a topic, or a flow with the topic from which it leads. */
  interface Item {
    readonly node: number
    readonly type?: string | undefined
    readonly flow?: number | undefined
  }
  type ViewName = 'map' | 'topics' | 'services' | 'flows'
  const views: readonly (readonly [ViewName, string])[] = [
    ['map', 'Map'],
    ['topics', 'Topics'],
    ['services', 'Services'],
    ['flows', 'Flows'],
  ]
  let view: ViewName = 'topics'
  /** The items that are shown, in the order of the view. */
  let shown: readonly Item[] = []
  let at = -1
  let findingAt = -1

  const list = parts.virtualList(window, tools, {
    id: 'rows',
    label: 'Topics, services and flows',
    height: rowHeight,
    onSelect: (index) => {
      at = index
      showDetails()
    },
    onOpen: () => openDetails(false),
  })
  const layout = parts.graphLayout
  const map = parts.topologyMap(tools, model, {
    id: 'map',
    layout,
    maxName: 30,
    fits: false,
    onSelect: (node) => {
      goTo(node)
      openDetails(false)
    },
  })
  const small = parts.topologyMap(tools, model, { id: 'near', layout, maxName: 18, fits: true, onSelect: goTo })
  const heads = html('div', 'heads-box')
  const empty = html('div', 'empty')
  const details = html('section', 'details')
  details.setAttribute('aria-label', 'Details of the selection')
  details.hidden = true
  const filter = frame.filter('topic, type, service', findings.length > 0, refilter)
  const tabs = frame.tabs(
    views.map(([, label]) => label),
    'content',
    (index) => switchTo(views[index]?.[0] ?? 'map'),
  )
  const zooms = frame.zooms(map.zoomBy)
  const head = parts.topologyHead(tools, model, { frame, goTo })
  const show = parts.topologyDetails(tools, model, { rows, goTo })
  const content = html('section', 'view', heads, list.element, map.element, empty)
  content.id = 'content'
  const bar = html('div', 'bar no-print', tabs.element, zooms, ...filter.parts)
  document.body.append(...head.parts, bar, html('main', '', content, details), head.help)
  parts.pageKeys(document, {
    frame,
    filter,
    help: head.help,
    lists: [list.element, map.element],
    more: [
      ['ArrowLeft', () => moveBeside(-1)],
      ['ArrowRight', () => moveBeside(1)],
      ['h', () => moveBeside(-1)],
      ['l', () => moveBeside(1)],
      ['+', () => map.zoomBy(1.25)],
      ['-', () => map.zoomBy(0.8)],
      ['0', map.fit],
    ],
    focusList,
    viewCount: views.length,
    switchTo: (index) => switchTo(views[index]?.[0] ?? 'map'),
    count: () => shown.length,
    page: () => (view === 'map' ? 10 : list.page),
    moveBy,
    nextFinding,
    openDetails,
    close: () => {
      if (!details.hidden) closeDetails()
      else if (view === 'map' && isWhole) select(-1)
    },
  })
  // A map is hard to read on a phone.
  switchTo(isWhole && !window.matchMedia(narrow).matches ? 'map' : 'topics')
  focusList()

  function itemsOf(name: ViewName): readonly Item[] {
    if (name === 'flows')
      return flows.map(({ fromNode, from }, flow) => ({ node: fromNode, type: from.eventType, flow }))
    if (name === 'map') return (isWhole ? map.order : [...nodes.keys()]).map((node) => ({ node }))
    const entries = [...nodes.entries()]
    if (name === 'services') entries.sort(([, a], [, b]) => (a.name < b.name ? -1 : 1))
    return entries.flatMap(([node, { kind, topic }]): Item[] => {
      if ((kind === 'topic') !== (name === 'topics')) return []
      return [{ node }, ...(topic?.types ?? []).map(({ eventType }) => ({ node, type: eventType }))]
    })
  }

  function passes({ node, type, flow }: Item, wanted: string): boolean {
    if (filter.isOnlyFindings && model.codesOf(node, type).length === 0) return false
    if (wanted === '') return true
    const own = flow === undefined ? undefined : flows[flow]
    if (own !== undefined) return JSON.stringify([own.from, own.to, own.by]).toLowerCase().includes(wanted)
    if (type === undefined) return model.searchText(node).includes(wanted)
    return `${model.nodeOf(node).name}\n${type}`.toLowerCase().includes(wanted)
  }

  function switchTo(next: ViewName): void {
    const kept = shown[at]
    view = next
    const isMap = view === 'map'
    tabs.select(views.findIndex(([name]) => name === view))
    zooms.hidden = !isMap
    map.element.hidden = !isMap
    list.element.hidden = isMap
    const title = { map: undefined, topics: rows.topicHeads, services: rows.serviceHeads, flows: rows.flowHeads }[view]
    heads.replaceChildren(...(title === undefined ? [] : [title]))
    if (isMap && isWhole) map.show([...nodes.keys()])
    fill(kept)
    focusList()
  }

  function refilter(): void {
    fill(shown[at])
  }

  /** Shows the items of the view that pass the filter, and selects the one that is most like `kept`. */
  function fill(kept: Item | undefined): void {
    const items = itemsOf(view)
    shown = filter.isActive ? items.filter((item) => passes(item, filter.wanted)) : items
    filter.report(shown.length, items.length)
    map.find(filter.isActive ? new Set(shown.map(({ node }) => node)) : undefined)
    empty.textContent = items.length === 0 ? `No ${view === 'map' ? 'topics' : view} were found.` : 'Nothing matches.'
    empty.hidden = shown.length > 0
    if (view !== 'map') list.show({ count: shown.length, row })
    at = -1
    // Nothing is selected in a whole map at first, so that all of it stands out alike.
    if (kept === undefined) select(view === 'map' && isWhole && !filter.isActive ? -1 : 0)
    else select(Math.max(0, indexOf(kept)))
    showDetails()
  }

  function row(index: number): PageElement {
    const { node, type, flow } = shown[index] as Item
    if (flow !== undefined) return rows.flow(flows[flow] as (typeof flows)[number])
    const { topic } = model.nodeOf(node)
    if (topic === undefined) return rows.participant(node)
    const own = topic.types.find(({ eventType }) => eventType === type)
    return own === undefined ? rows.topic(node) : rows.type(node, own)
  }

  /** The index of the item that is most like another one; -1 if none has its node. */
  function indexOf({ node, type, flow }: Item): number {
    const same = shown.findIndex((item) => item.node === node && item.type === type && item.flow === flow)
    return same >= 0 ? same : shown.findIndex((item) => item.node === node)
  }

  function select(index: number): void {
    const next = index < shown.length ? index : -1
    if (view !== 'map') {
      list.select(next)
      at = next
      return
    }
    const isOther = next !== at
    at = next
    const node = shown[at]?.node ?? -1
    if (!isWhole && isOther) map.show(node < 0 ? [] : neighborhood(node))
    map.select(node)
    if (isOther) showDetails()
  }

  /** A node and its neighbors, the first ones if there are many. */
  function neighborhood(node: number): readonly number[] {
    const near = model.edgesOf(node).flatMap((edge) => [edges[edge]?.from ?? node, edges[edge]?.to ?? node])
    return [...new Set([node, ...near])].slice(0, maxNeighbors)
  }

  /** Selects a node and a type of it, also if the filter or the view hides it. */
  function goTo(node: number, type?: string): void {
    const wanted = view === 'map' ? 'map' : model.nodeOf(node).kind === 'topic' ? 'topics' : 'services'
    if (wanted !== view) switchTo(wanted)
    if (!shown.some((item) => item.node === node)) filter.clear()
    select(indexOf({ node, type }))
    openDetails(false)
    focusList()
  }

  function showDetails(): void {
    if (!details.hidden) openDetails(false)
  }

  function openDetails(isFocused: boolean): void {
    const item = shown[at]
    details.hidden = item === undefined
    if (item === undefined) return
    const { node, type, flow } = item
    const close = button('Close', 'quiet no-print', closeDetails)
    const own = flow === undefined ? undefined : flows[flow]
    const hasDrawing = view !== 'map' && model.edgesOf(node).length > 0
    details.replaceChildren(
      ...(own === undefined
        ? show.node(node, type, close, hasDrawing ? small.element : undefined)
        : show.flow(own, close)),
    )
    details.scrollTop = 0
    if (own === undefined && hasDrawing) {
      small.show(neighborhood(node))
      small.select(node)
    }
    if (isFocused) close.focus()
  }

  function closeDetails(): void {
    details.hidden = true
    focusList()
  }

  function focusList(): void {
    const focused = view === 'map' ? map.element : list.element
    focused.focus({ preventScroll: true })
  }

  function moveBy(rowsDown: number): void {
    if (shown.length > 0) select(Math.max(0, Math.min(shown.length - 1, at + rowsDown)))
  }

  function moveBeside(direction: 1 | -1): void {
    const own = shown[at]
    if (view !== 'map' || own === undefined) return
    const node = map.beside(own.node, direction)
    if (node !== undefined) select(indexOf({ node }))
  }

  /** Shows the next finding, in a direction. */
  function nextFinding(direction: 1 | -1): void {
    if (findingAt < 0 && direction < 0) findingAt = 0
    for (let step = 1; step <= findings.length; step += 1) {
      findingAt = (findingAt + direction + findings.length) % findings.length
      const [node] = findings[findingAt]?.nodes ?? []
      if (node === undefined) continue
      goTo(node, findings[findingAt]?.types[0])
      return
    }
  }
}
