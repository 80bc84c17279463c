/** A node to place. `kind` alternates along the lines of most graphs, so that nodes of a kind share columns. */
interface LayoutNode {
  readonly kind: string
  /** The size in pixels. */
  readonly width: number
  readonly height: number
}

/** A line to place, between the indices of two nodes. */
interface LayoutEdge {
  readonly from: number
  readonly to: number
}

/** Where a node is, in pixels. */
export interface PlacedNode {
  readonly column: number
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** A line as the path of SVG, with the point and the direction of its arrowhead. */
interface PlacedEdge {
  readonly path: string
  readonly x: number
  readonly y: number
  /** 1: the arrow points to the right; -1: to the left. */
  readonly direction: 1 | -1
}

/** A drawing in columns: lines lead from left to right where they can. */
export interface GraphLayout {
  readonly width: number
  readonly height: number
  readonly nodes: readonly PlacedNode[]
  readonly edges: readonly PlacedEdge[]
}

/** Distances in pixels. */
interface LayoutGaps {
  readonly columnGap: number
  /** The distance of lines where they leave and reach a node. It is less if the node is not high enough. */
  readonly lineGap: number
}

/**
 * Places a graph in columns, with few crossings. The column of a node is its distance from the nodes that no line leads to, so that
 * loops, which every saga has, do not make the drawing wider. Runs in the browser, so it refers to nothing outside of itself.
 */
export function graphLayout(
  nodes: readonly LayoutNode[],
  edges: readonly LayoutEdge[],
  { columnGap, lineGap }: LayoutGaps,
): GraphLayout {
  const margin = 14
  const rowGap = 16
  /** The room that a line takes where it passes a column. */
  const passHeight = 10
  const sweeps = 12
  /** An item in a column: a node, or the point where a line passes the column. */
  interface Item {
    readonly column: number
    readonly height: number
    readonly isPass: boolean
    readonly left: Item[]
    readonly right: Item[]
    y: number
    at: number
  }
  const columnOf = columns()
  const items = nodes.map(({ height }, at) => newItem(columnOf[at] as number, height, false))
  const passes = edges.map(passesOf)
  const inColumns = arrange()
  place()
  return drawing()

  function newItem(column: number, height: number, isPass: boolean): Item {
    return { column, height, isPass, left: [], right: [], y: 0, at: 0 }
  }

  /** Returns the column of each node, by a search in breadth along the lines. */
  function columns(): number[] {
    const found = nodes.map(() => Number.NaN)
    const after = nodes.map((): number[] => [])
    const before = nodes.map(() => 0)
    for (const { from, to } of edges) {
      if (from === to) continue
      after[from]?.push(to)
      before[to] = (before[to] as number) + 1
    }
    const degree = (at: number) => (after[at] as number[]).length - (before[at] as number)
    const first = nodes[0]?.kind
    // Nodes of the other kind begin one column before, so that the kinds alternate.
    const starts = [...nodes.keys()].filter((at) => before[at] === 0 && (after[at] as number[]).length > 0)
    const rest = [...nodes.keys()].sort((a, b) => degree(b) - degree(a) || a - b)
    const start = (at: number) => (nodes[at]?.kind === first ? 0 : -1)
    let waiting = starts.map((at) => ({ at, column: start(at) })).sort((a, b) => a.column - b.column)
    for (;;) {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const { at, column } = next
        if (!Number.isNaN(found[at])) continue
        found[at] = column
        for (const to of after[at] as number[]) waiting.push({ at: to, column: column + 1 })
      }
      const unreached = rest.find((at) => Number.isNaN(found[at]))
      if (unreached === undefined) break
      waiting = [{ at: unreached, column: start(unreached) }]
    }
    const least = Math.min(0, ...found)
    return found.map((column) => column - least)
  }

  /** Returns the points where a line passes columns, from left to right, and links them with the nodes at both ends. */
  function passesOf({ from, to }: LayoutEdge): Item[] {
    const [start, end] = [items[from] as Item, items[to] as Item]
    const [leftmost, rightmost] = start.column <= end.column ? [start, end] : [end, start]
    const own: Item[] = []
    for (let column = leftmost.column + 1; column < rightmost.column; column += 1) {
      own.push(newItem(column, passHeight, true))
    }
    if (leftmost.column === rightmost.column) return own
    const chain = [leftmost, ...own, rightmost]
    for (let at = 1; at < chain.length; at += 1) {
      const [before, after] = [chain[at - 1] as Item, chain[at] as Item]
      before.right.push(after)
      after.left.push(before)
    }
    return own
  }

  /** Returns the items of each column in an order with few crossings. */
  function arrange(): Item[][] {
    const all = [...items, ...passes.flat()]
    const count = all.reduce((most, { column }) => Math.max(most, column + 1), 0)
    const inOrder = Array.from({ length: count }, (_, column) => all.filter((item) => item.column === column))
    const number = () => {
      for (const column of inOrder) for (const [at, item] of column.entries()) item.at = at
    }
    number()
    let best = inOrder.map((column) => [...column])
    let least = crossings(inOrder)
    for (let sweep = 0; sweep < sweeps && least > 0; sweep += 1) {
      const side = sweep % 2 === 0 ? 'left' : 'right'
      const order = [...inOrder.keys()]
      for (const at of side === 'left' ? order : order.reverse()) {
        const column = inOrder[at] as Item[]
        const wanted = new Map(column.map((item) => [item, mean(item[side].map((other) => other.at)) ?? item.at]))
        column.sort((a, b) => (wanted.get(a) as number) - (wanted.get(b) as number) || a.at - b.at)
        for (const [index, item] of column.entries()) item.at = index
      }
      const found = crossings(inOrder)
      if (found >= least) continue
      least = found
      best = inOrder.map((column) => [...column])
    }
    for (const column of best) for (const [at, item] of column.entries()) item.at = at
    return best
  }

  function crossings(inOrder: readonly (readonly Item[])[]): number {
    let found = 0
    for (const column of inOrder) {
      const ends = column.flatMap((item) => item.right.map((other) => other.at).sort((a, b) => a - b))
      for (let at = 1; at < ends.length; at += 1) {
        for (let earlier = 0; earlier < at; earlier += 1) {
          if ((ends[earlier] as number) > (ends[at] as number)) found += 1
        }
      }
    }
    return found
  }

  function mean(values: readonly number[]): number | undefined {
    return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length
  }

  /** Places the items of each column near the items that lines connect them with, in the order of the column. */
  function place(): void {
    for (const column of inColumns) {
      let y = 0
      for (const item of column) {
        item.y = y + item.height / 2
        y += item.height + rowGap
      }
    }
    for (let sweep = 0; sweep < sweeps; sweep += 1) {
      const side = sweep % 2 === 0 ? 'left' : 'right'
      for (const column of side === 'left' ? inColumns : [...inColumns].reverse()) settle(column, side, sweep)
    }
    const all = inColumns.flat()
    const top = all.reduce((least, { y, height }) => Math.min(least, y - height / 2), Number.POSITIVE_INFINITY)
    for (const item of all) item.y += margin - top
  }

  /**
   * Moves the items of a column to where they want to be, as far as their distances allow: items that would overlap become a block,
   * which is where its items want to be on average.
   */
  function settle(column: readonly Item[], side: 'left' | 'right', sweep: number): void {
    const blocks: { offset: number; wanted: number; weight: number; count: number }[] = []
    const offsets: number[] = []
    let offset = 0
    for (const [at, item] of column.entries()) {
      const previous = column[at - 1]
      if (previous !== undefined) {
        offset += (previous.height + item.height) / 2 + (previous.isPass && item.isPass ? 4 : rowGap)
      }
      offsets.push(offset)
      const others = sweep >= sweeps - 2 ? [...item.left, ...item.right] : item[side]
      const wanted = (mean(others.map(({ y }) => y)) ?? item.y) - offset
      // Lines that pass are straight rather than nodes are near, because bends are hard to follow.
      blocks.push({ offset, wanted, weight: item.isPass ? 4 : 1, count: 1 })
      for (;;) {
        const [last, before] = [blocks.at(-1), blocks.at(-2)]
        if (last === undefined || before === undefined || before.wanted <= last.wanted) break
        const weight = before.weight + last.weight
        blocks.splice(-2, 2, {
          offset: before.offset,
          wanted: (before.wanted * before.weight + last.wanted * last.weight) / weight,
          weight,
          count: before.count + last.count,
        })
      }
    }
    let index = 0
    for (const { wanted, count } of blocks) {
      for (let own = 0; own < count; own += 1, index += 1)
        (column[index] as Item).y = wanted + (offsets[index] as number)
    }
  }

  function drawing(): GraphLayout {
    const widths = inColumns.map((_, column) =>
      nodes.reduce((most, { width }, at) => (columnOf[at] === column ? Math.max(most, width) : most), 0),
    )
    const lefts: number[] = []
    let x = margin
    for (const width of widths) {
      lefts.push(x)
      x += width + columnGap
    }
    const all = inColumns.flat()
    const leftOf = (column: number) => lefts[column] as number
    const rightOf = (column: number) => leftOf(column) + (widths[column] as number)
    const ports = portsOf()
    return {
      width: Math.max(x - columnGap, margin) + margin + (hasLoop() ? columnGap / 2 : 0),
      height: all.reduce((most, { y, height }) => Math.max(most, y + height / 2), 0) + margin,
      nodes: items.map(({ column, y, height }) => {
        return { column, x: leftOf(column), y: y - height / 2, width: widths[column] as number, height }
      }),
      edges: edges.map(({ from, to }, at) => {
        const [start, end] = [items[from] as Item, items[to] as Item]
        const [startY, endY] = ports[at] as readonly [number, number]
        const between = passes[at] as Item[]
        if (start.column === end.column) {
          const right = rightOf(start.column)
          const bend = right + columnGap * 0.5
          const path = `M${right} ${startY} C${bend} ${startY} ${bend} ${endY} ${right} ${endY}`
          return { path, x: right, y: endY, direction: -1 }
        }
        const isForward = start.column < end.column
        let [fromX, fromY] = [isForward ? rightOf(start.column) : leftOf(start.column), startY]
        let path = `M${fromX} ${fromY}`
        const curve = (toX: number, toY: number): void => {
          const middle = (fromX + toX) / 2
          path += ` C${round(middle)} ${round(fromY)} ${round(middle)} ${round(toY)} ${round(toX)} ${round(toY)}`
        }
        for (const { column, y } of isForward ? between : between.toReversed()) {
          const [near, far] = isForward ? [leftOf(column), rightOf(column)] : [rightOf(column), leftOf(column)]
          curve(near, y)
          path += ` H${round(far)}`
          ;[fromX, fromY] = [far, y]
        }
        const toX = isForward ? leftOf(end.column) : rightOf(end.column)
        curve(toX, endY)
        return { path, x: toX, y: endY, direction: isForward ? 1 : -1 }
      }),
    }
  }

  function hasLoop(): boolean {
    return edges.some(({ from, to }) => columnOf[from] === columnOf[to])
  }

  function round(value: number): number {
    return Math.round(value * 10) / 10
  }

  /** Returns where lines leave and reach their nodes: spread over the side of the node, in the order of their other ends. */
  function portsOf(): (readonly [number, number])[] {
    const found = edges.map(({ from, to }): [number, number] => [(items[from] as Item).y, (items[to] as Item).y])
    const sides = new Map<string, { edge: number; end: 0 | 1; y: number }[]>()
    for (const [edge, { from, to }] of edges.entries()) {
      const [start, end] = [items[from] as Item, items[to] as Item]
      const between = passes[edge] as Item[]
      const isForward = start.column < end.column
      const add = (node: number, isRight: boolean, other: Item | undefined, which: 0 | 1) => {
        const key = `${node} ${isRight}`
        const own = sides.get(key) ?? []
        sides.set(key, own)
        own.push({ edge, end: which, y: other?.y ?? 0 })
      }
      const isLoop = start.column === end.column
      add(from, isForward || isLoop, (isForward ? between[0] : between.at(-1)) ?? end, 0)
      add(to, !isForward, (isForward ? between.at(-1) : between[0]) ?? start, 1)
    }
    for (const [key, own] of sides) {
      const { height, y } = items[Number(key.split(' ')[0])] as Item
      own.sort((a, b) => a.y - b.y || a.edge - b.edge)
      const distance = Math.min(lineGap, (height - 8) / Math.max(1, own.length - 1))
      for (const [at, { edge, end }] of own.entries()) {
        ;(found[edge] as [number, number])[end] = round(y + (at - (own.length - 1) / 2) * distance)
      }
    }
    return found
  }
}
