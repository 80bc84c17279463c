import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { graphLayout } from '../../../../src/ui/page/browser/topology/graph-layout.ts'

const node = { kind: 'topic', width: 100, height: 28 }
const service = { kind: 'service', width: 80, height: 28 }
const gaps = { columnGap: 60, lineGap: 6 }
const columns = ({ nodes }: ReturnType<typeof graphLayout>) => nodes.map(({ column }) => column)

/** The numbers in the path of a line. */
const numbersIn = (path: string) => path.match(/-?\d+(\.\d+)?|NaN|Infinity/g)?.map(Number) ?? []

describe('the layout of a map', () => {
  test('places a chain in columns from left to right', () => {
    const layout = graphLayout(
      [node, node, service],
      [
        { from: 0, to: 2 },
        { from: 2, to: 1 },
      ],
      gaps,
    )
    expect(columns(layout)).toEqual([0, 2, 1])
    expect(layout.nodes.map(({ x }) => x)).toEqual([14, 14 + 100 + 60 + 80 + 60, 14 + 100 + 60])
    expect(layout.edges.map(({ direction }) => direction)).toEqual([1, 1])
  })

  test('draws the line that closes a loop to the left, and adds no column for it', () => {
    const edges = [
      { from: 0, to: 1 },
      { from: 1, to: 2 },
      { from: 2, to: 3 },
      { from: 3, to: 0 },
    ]
    const layout = graphLayout([node, service, node, service], edges, gaps)
    expect(columns(layout)).toEqual([0, 1, 2, 3])
    expect(layout.edges.map(({ direction }) => direction)).toEqual([1, 1, 1, -1])
  })

  test('places a service that only publishes before its topics', () => {
    const edges = [
      { from: 1, to: 0 },
      { from: 0, to: 2 },
    ]
    expect(columns(graphLayout([node, service, service], edges, gaps))).toEqual([1, 0, 2])
  })

  test('orders the nodes of a column so that no lines cross, where that is possible', () => {
    const edges = [
      { from: 0, to: 5 },
      { from: 1, to: 4 },
      { from: 2, to: 3 },
    ]
    const { nodes } = graphLayout([node, node, node, service, service, service], edges, gaps)
    const y = (at: number) => nodes[at]?.y ?? 0
    expect([0, 1, 2].sort((a, b) => y(a) - y(b)).map((at) => 5 - at)).toEqual([3, 4, 5].sort((a, b) => y(a) - y(b)))
  })

  test('draws a line between topics of one column as a bend, and one from a node to itself', () => {
    const edges = [
      { from: 0, to: 1 },
      { from: 1, to: 1 },
    ]
    const layout = graphLayout([node, node], edges, gaps)
    for (const { path } of layout.edges) expect(numbersIn(path).every(Number.isFinite)).toBe(true)
    expect(layout.width).toBeGreaterThan(14 + 100)
  })

  test('draws nothing for an empty graph', () => {
    expect(graphLayout([], [], gaps)).toMatchObject({ nodes: [], edges: [] })
  })

  test('has no overlapping nodes and no line that leads nowhere, for any graph', () => {
    const graphs = fc.integer({ min: 1, max: 40 }).chain((count) => {
      const end = fc.integer({ min: 0, max: count - 1 })
      return fc.record({
        nodes: fc.array(fc.constantFrom(node, service), { minLength: count, maxLength: count }),
        edges: fc.array(fc.record({ from: end, to: end }), { maxLength: 80 }),
      })
    })
    fc.assert(
      fc.property(graphs, ({ nodes, edges }) => {
        const layout = graphLayout(nodes, edges, gaps)
        for (const [at, one] of layout.nodes.entries()) {
          expect(one.x).toBeGreaterThanOrEqual(0)
          expect(one.y).toBeGreaterThanOrEqual(0)
          expect(one.x + one.width).toBeLessThanOrEqual(layout.width)
          expect(one.y + one.height).toBeLessThanOrEqual(layout.height)
          for (const other of layout.nodes.slice(at + 1)) {
            if (other.column === one.column) expect(Math.abs(other.y - one.y)).toBeGreaterThanOrEqual(28)
          }
        }
        for (const [at, { path, x, y }] of layout.edges.entries()) {
          const numbers = numbersIn(path)
          expect(numbers.every(Number.isFinite)).toBe(true)
          expect(numbers.slice(-2)).toEqual([x, y])
          const target = layout.nodes[edges[at]?.to ?? 0]
          expect([target?.x, (target?.x ?? 0) + (target?.width ?? 0)]).toContain(x)
        }
      }),
    )
  })
})
