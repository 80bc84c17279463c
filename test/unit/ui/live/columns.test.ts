import { describe, expect, test } from 'vitest'
import { type Column, fitColumns, headerLine, rowLine } from '../../../../src/ui/live/columns.ts'
import { groupColumns } from '../../../../src/ui/live/group-columns.ts'
import { palette } from '../../../../src/ui/live/palette.ts'
import { widthOf } from '../../../../src/ui/live/pieces.ts'
import { placeColumns } from '../../../../src/ui/live/place-columns.ts'
import { groupRows, placeRows } from '../../../../src/ui/live/rows.ts'
import { group, groupOf, place, report } from './reports.ts'

type Row = Readonly<Record<string, string>>
const column = (title: string, min: number, max = min): Column<Row> => ({
  title,
  min,
  max,
  cell: (row) => ({ text: row[title] ?? '' }),
})
const [name, lag, trend] = [column('NAME', 4, 8), column('LAG', 3), column('TREND', 5, 20)] as const
const columns = { shown: [name, trend, lag], ranked: [name, lag, trend] }
const widths = (width: number) =>
  fitColumns(columns, width)
    .map((one) => `${one.column.title} ${one.width}`)
    .join(', ')

describe('columns', () => {
  test.each([
    [3, 'NAME 3'],
    [4, 'NAME 4'],
    [7, 'NAME 7'],
    [8, 'NAME 4, LAG 3'],
    [13, 'NAME 8, LAG 3'],
    [14, 'NAME 4, TREND 5, LAG 3'],
    [17, 'NAME 6, TREND 6, LAG 3'],
    [60, 'NAME 8, TREND 20, LAG 3'],
  ])('in %d cells go by importance and share what is left', (width, expected) => {
    expect(widths(width)).toBe(expected)
  })

  test('have what is good for them before less important ones get any', () => {
    const good = { ...name, good: 7 }
    const again = { shown: [good, trend, lag], ranked: [good, lag, good, trend] }
    const given = [13, 14, 16, 17].map((width) => fitColumns(again, width).map((one) => one.width))
    expect(given).toEqual([
      [8, 3],
      [8, 3],
      [8, 3],
      [7, 5, 3],
    ])
  })

  test('their lines are as wide as they say', () => {
    const fitted = fitColumns(columns, 20)
    expect(headerLine(fitted, 20)).toBe('NAME    TREND    LAG')
    expect(rowLine(fitted, { NAME: '日本語日本語', TREND: 'up', LAG: '7' }, 20)).toBe('日本語… up       7  ')
    expect(rowLine(fitted, { NAME: 'a', TREND: 'b', LAG: 'c' }, 20, (text) => `<${text}>`)).toBe(
      '<a       b        c  >',
    )
  })
})

describe('the lists', () => {
  const names = ['billing', 'composable-rust-order-events-payment-events', '日本語-отчёты']
  const groups = names.map((one) => group(one, { lag: 9_999_999n, age: 1e10, verdict: 'never-committed' }))
  const rows = groupRows(report(...groups), new Map(), { sort: 'name', filter: '' })
  const owned = { member: 'm', client: 'billing-app', host: '/127.0.0.1' }
  const places = [0, 1000].map((partition) => place(partition, { ...owned, committed: 2n ** 62n, end: 2n ** 62n }))
  const members = new Map([['m', { id: 'm', number: 1, client: 'billing-app', host: 'h', partitions: 2, lag: 0n }]])
  const placed = placeRows(groupOf('g', places), new Map(), members, { sort: 'name', filter: '' })

  test('are never wider than they may be', () => {
    for (let width = 1; width <= 200; width += 1) {
      const fitted = fitColumns(groupColumns(rows, palette(false)), width)
      for (const row of rows) expect(widthOf(rowLine(fitted, row, width))).toBeLessThanOrEqual(width)
      const fittedPlaces = fitColumns(placeColumns(placed, 2, palette(false)), width)
      for (const row of placed) expect(widthOf(rowLine(fittedPlaces, row, width))).toBeLessThanOrEqual(width)
    }
  })

  const titles = (width: number) =>
    headerLine(fitColumns(groupColumns(rows, palette(false)), width), width)
      .trim()
      .split(/\s+/)

  test('show of groups what there is room for', () => {
    expect(titles(46)).toEqual(['GROUP', 'LAG', 'AGE', 'VERDICT'])
    expect(titles(76)).toEqual(['GROUP', 'LAG', 'AGE', 'IN/S', 'OUT/S', 'TREND', 'VERDICT'])
    const all = ['GROUP', 'STATE', 'MEMBERS', 'LAG', 'AGE', 'IN/S', 'OUT/S', 'CATCH-UP', 'TREND', 'VERDICT']
    expect(titles(130)).toEqual(all)
  })

  test('tell when nothing will wait any more, of groups and of partitions', () => {
    const rates = { in: 1, out: 2, catchUp: 95_000 }
    const behind = groupOf('billing', [place(0, { rates })], { rates })
    const listing = { sort: 'name', filter: '' } as const
    const [row] = groupRows(report(behind), new Map(), listing)
    const [placed] = placeRows(behind, new Map(), new Map(), listing)
    if (!row || !placed) throw new Error('there are rows')
    const groupFit = fitColumns(groupColumns([row], palette(false)), 160)
    const placeFit = fitColumns(placeColumns([placed], 1, palette(false)), 160)
    expect(rowLine(groupFit, row, 160)).toContain('1m35s')
    expect(rowLine(placeFit, placed, 160)).toContain('1m35s')
  })

  test('name the topic of partitions where there are several', () => {
    const shown = (topics: number) => placeColumns(placed, topics, palette(false)).shown.map(({ title }) => title)
    expect(shown(1)).not.toContain('TOPIC')
    expect(shown(2)[0]).toBe('TOPIC')
  })
})
