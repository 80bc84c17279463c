import type { PageElement } from '../dom.ts'
import type { Elements } from '../elements.ts'
import type { graphLayout, PlacedNode } from './graph-layout.ts'
import type { PageEdge, TopologyModel } from './topology-model.ts'

/** A drawing of topics, services and groups. */
export interface TopologyMap {
  readonly element: PageElement
  /** Draws nodes, given by their indices, and the lines between them. */
  show(nodes: readonly number[]): void
  /** Emphasizes a node with its neighbors, and scrolls to it. -1: none. */
  select(node: number): void
  /** Emphasizes the nodes that a search found. `undefined`: all. */
  find(found: ReadonlySet<number> | undefined): void
  /** Draws larger or smaller. */
  zoomBy(factor: number): void
  /** Draws so small that the whole drawing is visible. */
  fit(): void
  /** The nodes in the order in which they are read: by column, then from above. */
  readonly order: readonly number[]
  /** The node in the next or the previous column that is nearest to another node. */
  beside(node: number, direction: 1 | -1): number | undefined
}

interface MapOptions {
  readonly id: string
  readonly layout: typeof graphLayout
  /** The most characters of a name that are shown. */
  readonly maxName: number
  /** Whether the drawing always fits the width. */
  readonly fits: boolean
  readonly onSelect: (node: number) => void
}

/** Runs in the browser, so it refers to nothing outside of itself. */
export function topologyMap({ html, svg, visible }: Elements, model: TopologyModel, options: MapOptions): TopologyMap {
  const { id, layout, maxName, fits, onSelect } = options
  const { edges } = model
  const labelHeight = 15
  /** Drawings with few lines name the first type of each. */
  const maxLabels = 24
  const maxLabel = 26
  const [minScale, maxScale, startScale] = [0.2, 3, 0.85]
  const element = html('div', 'map')
  element.id = id
  element.tabIndex = 0
  element.setAttribute('role', 'listbox')
  element.setAttribute('aria-label', 'Topics, services and groups')
  let root = svg('svg', {})
  let size = { width: 1, height: 1 }
  let scale = 1
  let placed = new Map<number, PlacedNode>()
  let order: number[] = []
  let drawnNodes = new Map<number, PageElement>()
  let drawnEdges = new Map<number, PageElement>()
  let chosen = -1
  let matching: ReadonlySet<number> | undefined
  element.addEventListener('click', ({ target }) => {
    const node = target.closest('[data-node]')?.dataset.node
    if (node !== undefined) onSelect(Number(node))
  })

  return {
    element,
    show(nodes) {
      const at = new Map(nodes.map((node, index) => [node, index]))
      const shown = [...edges.keys()].filter((edge) => {
        const { from, to } = edges[edge] as PageEdge
        return at.has(from) && at.has(to)
      })
      const isLabeled = shown.length <= maxLabels && !fits
      const drawing = layout(
        nodes.map((node) => ({
          kind: model.nodeOf(node).kind === 'topic' ? 'topic' : 'participant',
          width: widthOf(node),
          height: isLabeled ? Math.max(28, 8 + labelHeight * mostLines(node, shown)) : 28,
        })),
        shown.map((edge) => {
          const { from, to } = edges[edge] as PageEdge
          return { from: at.get(from) as number, to: at.get(to) as number }
        }),
        { columnGap: isLabeled ? 250 : fits ? 44 : 76, lineGap: isLabeled ? labelHeight : 6 },
      )
      placed = new Map(nodes.map((node, index) => [node, drawing.nodes[index] as PlacedNode]))
      order = [...nodes].sort((a, b) => {
        const [one, other] = [placed.get(a) as PlacedNode, placed.get(b) as PlacedNode]
        return one.column - other.column || one.y - other.y
      })
      drawnEdges = new Map(
        shown.map((edge, index) => [
          edge,
          line(edge, drawing.edges[index] as (typeof drawing.edges)[number], isLabeled),
        ]),
      )
      drawnNodes = new Map(order.map((node) => [node, box(node, placed.get(node) as PlacedNode)]))
      size = drawing
      root = svg(
        'svg',
        { viewBox: `0 0 ${drawing.width} ${drawing.height}`, role: 'presentation' },
        ...drawnEdges.values(),
        ...drawnNodes.values(),
      )
      element.replaceChildren(root)
      const fitting = element.clientWidth === 0 ? 1 : element.clientWidth / drawing.width
      scale = Math.min(1, fits ? fitting : Math.max(startScale, fitting))
      resize()
      emphasize()
    },
    select(node) {
      chosen = node
      emphasize()
      const own = placed.get(node)
      if (own === undefined) element.removeAttribute('aria-activedescendant')
      else {
        element.setAttribute('aria-activedescendant', `${id}-${node}`)
        scrollTo(own)
      }
    },
    find(found) {
      matching = found
      emphasize()
    },
    zoomBy(factor) {
      scale = Math.max(minScale, Math.min(maxScale, scale * factor))
      resize()
      const own = placed.get(chosen)
      if (own !== undefined) scrollTo(own)
    },
    fit() {
      const share = Math.min(element.clientWidth / size.width, element.clientHeight / size.height)
      scale = Math.max(minScale, Math.min(1, share))
      resize()
    },
    get order() {
      return order
    },
    beside(node, direction) {
      const own = placed.get(node)
      if (own === undefined) return undefined
      const others = order.filter((other) => placed.get(other)?.column === own.column + direction)
      const distance = (other: number) => Math.abs((placed.get(other) as PlacedNode).y - own.y)
      return others.sort((a, b) => distance(a) - distance(b))[0]
    },
  }

  function fitted(text: string, most: number): string {
    const shown = visible(text)
    return shown.length <= most ? shown : `${shown.slice(0, most - 1)}…`
  }

  /** The number of the given lines that reach or leave a node, whichever is larger. */
  function mostLines(node: number, among: readonly number[]): number {
    const leaving = among.filter((edge) => edges[edge]?.from === node).length
    const reaching = among.filter((edge) => edges[edge]?.to === node).length
    return Math.max(leaving, reaching)
  }

  /** The names of services and groups are bold, so that they are wider. */
  function widthOf(node: number): number {
    const { kind, name } = model.nodeOf(node)
    const badge = model.findingsOf(node).length > 0 ? 18 : 0
    const perCharacter = kind === 'topic' ? 7.3 : 8
    return Math.max(64, fitted(name, maxName).length * perCharacter + 24 + badge)
  }

  function resize(): void {
    root.setAttribute('width', String(Math.round(size.width * scale)))
    root.setAttribute('height', String(Math.round(size.height * scale)))
  }

  function box(node: number, { x, y, width, height }: PlacedNode): PageElement {
    const { kind, name, topic } = model.nodeOf(node)
    const codes = model.codesOf(node)
    const tone = codes.some((one) => one.tone === 'bad') ? 'bad' : 'warn'
    const marked = codes.map(({ code }) => code).join(', ')
    const label = `${kind} ${name}${topic?.onBus === false ? ', does not exist' : ''}${marked === '' ? '' : `: ${marked}`}`
    const group = svg(
      'g',
      {
        role: 'option',
        id: `${id}-${node}`,
        'data-node': node,
        'aria-label': visible(label),
        'aria-selected': 'false',
      },
      svg('title', {}, label),
      svg('rect', { x, y, width, height, rx: kind === 'topic' ? height / 2 : 4 }),
      svg('text', { x: x + 12, y: y + height / 2 + 4 }, fitted(name, maxName)),
      codes.length > 0 && svg('circle', { class: tone, cx: x + width - 14, cy: y + height / 2, r: 8 }),
      codes.length > 0 &&
        svg('text', { class: 'mark', x: x + width - 14, y: y + height / 2 + 4, 'text-anchor': 'middle' }, '!'),
    )
    return group
  }

  function line(
    edge: number,
    { path, x, y, direction }: ReturnType<typeof graphLayout>['edges'][number],
    isLabeled: boolean,
  ): PageElement {
    const { from, to, kind, types } = edges[edge] as PageEdge
    const [first = ''] = types
    const words = types.length === 0 ? '' : `: ${types.join(', ')}`
    const label = types.length > 1 ? `${fitted(first, maxLabel - 4)} +${types.length - 1}` : fitted(first, maxLabel)
    return svg(
      'g',
      {},
      svg('title', {}, `${model.nodeOf(from).name} → ${model.nodeOf(to).name}${words}`),
      svg('path', { class: 'hit', d: path }),
      svg('path', { class: 'line', d: path, ...(kind === 'causes' ? { 'stroke-dasharray': '4 4' } : {}) }),
      svg('path', { class: 'head', d: `M${x} ${y} l${-8 * direction} -4 v8 z` }),
      isLabeled &&
        label !== '' &&
        svg('text', { x: x - 14 * direction, y: y - 3, 'text-anchor': direction === 1 ? 'end' : 'start' }, label),
    )
  }

  /** Sets the classes of nodes and lines: the chosen node, its neighbors, and what is neither near nor found. */
  function emphasize(): void {
    const near = new Set<number>()
    const nearEdges = new Set<number>()
    if (placed.has(chosen)) {
      for (const edge of model.edgesOf(chosen)) {
        const { from, to } = edges[edge] as PageEdge
        nearEdges.add(edge)
        near.add(from).add(to)
      }
    }
    for (const [node, drawn] of drawnNodes) {
      const { kind, topic } = model.nodeOf(node)
      const isFaint = matching === undefined ? near.size > 0 && !near.has(node) : !matching.has(node)
      drawn.setAttribute(
        'class',
        `node ${kind}${topic?.onBus === false ? ' missing' : ''}${node === chosen ? ' chosen' : ''}${isFaint && node !== chosen ? ' faint' : ''}`,
      )
      drawn.setAttribute('aria-selected', String(node === chosen))
    }
    for (const [edge, drawn] of drawnEdges) {
      const { kind } = edges[edge] as PageEdge
      const isNear = nearEdges.has(edge)
      drawn.setAttribute('class', `edge ${kind}${isNear ? ' near' : nearEdges.size > 0 || matching ? ' faint' : ''}`)
    }
  }

  /** Scrolls so that a node is visible, with some room around it. */
  function scrollTo({ x, y, width, height }: PlacedNode): void {
    const room = 40
    const [left, right, top, bottom] = [x, x + width, y, y + height].map((value) => value * scale) as [
      number,
      number,
      number,
      number,
    ]
    if (left - room < element.scrollLeft) element.scrollLeft = left - room
    else if (right + room > element.scrollLeft + element.clientWidth)
      element.scrollLeft = right + room - element.clientWidth
    if (top - room < element.scrollTop) element.scrollTop = top - room
    else if (bottom + room > element.scrollTop + element.clientHeight)
      element.scrollTop = bottom + room - element.clientHeight
  }
}
