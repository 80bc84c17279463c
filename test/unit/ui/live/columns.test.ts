import { describe, expect, test } from 'vitest'
import { type Column, fitColumns, headerLine, rowLine } from '../../../../src/ui/live/columns/fit-columns.ts'
import { groupColumns } from '../../../../src/ui/live/columns/group-columns.ts'
import { partitionColumns } from '../../../../src/ui/live/columns/partition-columns.ts'
import { groupRows, partitionRows } from '../../../../src/ui/live/state/rows.ts'
import { widthOf } from '../../../../src/ui/live/text/fit-text.ts'
import { palette } from '../../../../src/ui/live/text/palette.ts'
import { group, groupOf, partitionLag, report } from './reports.ts'

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

describe('fitColumns', () => {
  test.each([
    [3, 'NAME 3'],
    [4, 'NAME 4'],
    [7, 'NAME 7'],
    [8, 'NAME 4, LAG 3'],
    [13, 'NAME 8, LAG 3'],
    [14, 'NAME 4, TREND 5, LAG 3'],
    [17, 'NAME 6, TREND 6, LAG 3'],
    [60, 'NAME 8, TREND 20, LAG 3'],
  ])('shows the most important columns in %d cells and shares the cells left over', (width, expected) => {
    expect(widths(width)).toBe(expected)
  })

  test('gives a column its good width before less important columns get any cells', () => {
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

  test('makes headers and rows exactly as wide as the columns', () => {
    const fitted = fitColumns(columns, 20)
    expect(headerLine(fitted, 20)).toBe('NAME    TREND    LAG')
    expect(rowLine(fitted, { NAME: '日本語日本語', TREND: 'up', LAG: '7' }, 20)).toBe('日本語… up       7  ')
    expect(rowLine(fitted, { NAME: 'a', TREND: 'b', LAG: 'c' }, 20, (text) => `<${text}>`)).toBe(
      '<a       b        c  >',
    )
  })
})

describe('columns of groups and partitions', () => {
  const names = ['billing', 'composable-rust-order-events-payment-events', '日本語-отчёты']
  const groups = names.map((one) => group(one, { lag: 9_999_999n, age: 1e10, verdict: 'never-committed' }))
  const rows = groupRows(report(...groups), new Map(), { sort: 'name', filter: '' })
  const owned = { memberId: 'm', clientId: 'billing-app', host: '/127.0.0.1' }
  const partitions = [0, 1000].map((partition) =>
    partitionLag(partition, { ...owned, committed: 2n ** 62n, end: 2n ** 62n }),
  )
  const members = new Map([['m', { id: 'm', number: 1, client: 'billing-app', host: 'h', partitions: 2, lag: 0n }]])
  const placed = partitionRows(groupOf('g', partitions), new Map(), members, { sort: 'name', filter: '' })

  test('columns of groups and partitions never make a line wider than the screen', () => {
    for (let width = 1; width <= 200; width += 1) {
      const fitted = fitColumns(groupColumns(rows, palette(false)), width)
      for (const row of rows) expect(widthOf(rowLine(fitted, row, width))).toBeLessThanOrEqual(width)
      const fittedPartitions = fitColumns(partitionColumns(placed, 2, palette(false)), width)
      for (const row of placed) expect(widthOf(rowLine(fittedPartitions, row, width))).toBeLessThanOrEqual(width)
    }
  })

  const titles = (width: number) =>
    headerLine(fitColumns(groupColumns(rows, palette(false)), width), width)
      .trim()
      .split(/\s+/)

  test('a wider screen shows more columns of groups', () => {
    expect(titles(46)).toEqual(['GROUP', 'LAG', 'AGE', 'VERDICT'])
    expect(titles(76)).toEqual(['GROUP', 'LAG', 'AGE', 'IN/S', 'OUT/S', 'TREND', 'VERDICT'])
    const all = ['GROUP', 'STATE', 'MEMBERS', 'LAG', 'AGE', 'IN/S', 'OUT/S', 'CATCH-UP', 'TREND', 'VERDICT']
    expect(titles(130)).toEqual(all)
  })

  test('columns of groups and partitions include the time to catch up, for groups and for partitions', () => {
    const rates = { in: 1, out: 2, catchUp: 95_000 }
    const behind = groupOf('billing', [partitionLag(0, { rates })], { rates })
    const listing = { sort: 'name', filter: '' } as const
    const [row] = groupRows(report(behind), new Map(), listing)
    const [placed] = partitionRows(behind, new Map(), new Map(), listing)
    if (!row || !placed) throw new Error('there are rows')
    const groupFit = fitColumns(groupColumns([row], palette(false)), 160)
    const partitionFit = fitColumns(partitionColumns([placed], 1, palette(false)), 160)
    expect(rowLine(groupFit, row, 160)).toContain('1m35s')
    expect(rowLine(partitionFit, placed, 160)).toContain('1m35s')
  })

  test('the verdict has the number of partitions that have it, if some do not and there is room', () => {
    const behind = groupOf('billing', [partitionLag(0), partitionLag(1, { verdict: 'falling-behind' })], {
      verdict: 'falling-behind',
    })
    const listed = groupRows(
      report(behind, groupOf('all', [partitionLag(0, { verdict: 'stopped' })], { verdict: 'stopped' })),
      new Map(),
      { sort: 'name', filter: '' },
    )
    const shown = (width: number) =>
      listed.map((row) => rowLine(fitColumns(groupColumns(listed, palette(false)), width), row, width).trim())
    expect(shown(80)).toEqual([expect.stringMatching(/ stopped$/), expect.stringMatching(/ falling-behind 1\/2$/)])
    expect(shown(46)).toEqual([expect.stringMatching(/ stopped$/), expect.stringMatching(/ falling-behind$/)])
  })

  test('columns of groups and partitions include the topic of partitions if there are several topics', () => {
    const shown = (topics: number) => partitionColumns(placed, topics, palette(false)).shown.map(({ title }) => title)
    expect(shown(1)).not.toContain('TOPIC')
    expect(shown(2)[0]).toBe('TOPIC')
  })
})
