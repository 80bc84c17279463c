import { describe, expect, test } from 'vitest'
import { type LagVerdict, verdictRank } from '../../../../src/operations/lag/verdict.ts'
import { severityOf } from '../../../../src/ui/lag/verdict-order.ts'
import { HISTORY_LENGTH, remember } from '../../../../src/ui/live/state/lag-history.ts'
import { membersOf } from '../../../../src/ui/live/state/members.ts'
import { groupRows, partitionRows, type SortOrder } from '../../../../src/ui/live/state/rows.ts'
import { group, groupOf, partitionLag, report } from './reports.ts'

const rates = { in: 3, out: 2, catchUp: undefined }

describe('groupRows', () => {
  const groups = report(
    group('new', { lag: undefined, verdict: 'never-committed' }),
    group('Billing', { lag: 5n, age: 90, verdict: undefined }),
    group('audit', { lag: 70n, age: 10, verdict: 'stopped', state: 'Empty' }),
    group('shipping', { lag: 5n, age: 20, verdict: 'ok' }),
    group('search', { lag: 8n, age: 30, verdict: 'ok' }),
  )
  const listed = (sort: SortOrder, filter = '') =>
    groupRows(groups, new Map(), { sort, filter }).map(({ name }) => name)

  test.each([
    ['worst', ['audit', 'new', 'Billing', 'search', 'shipping']],
    ['lag', ['audit', 'search', 'Billing', 'shipping', 'new']],
    ['age', ['Billing', 'search', 'shipping', 'audit', 'new']],
    ['name', ['Billing', 'audit', 'new', 'search', 'shipping']],
  ] as const)('sorts groups by %s', (sort, names) => {
    expect(listed(sort)).toEqual(names)
  })

  test.each([
    ['BILL', ['Billing']],
    ['ping', ['shipping']],
    ['empty', ['audit']],
    ['never', ['new']],
    ['none such', []],
  ])('returns the groups that match the filter %s', (filter, names) => {
    expect(listed('name', filter)).toEqual(names)
  })

  test('makes names harmless for a terminal', () => {
    const rows = groupRows(report(group('a\u001b[2Jb')), new Map(), { sort: 'worst', filter: '' })
    expect(rows[0]).toMatchObject({ key: 'a\u001b[2Jb', name: 'a\\x1b[2Jb' })
  })
})

test('severityOf ranks verdicts like verdictRank', () => {
  const verdicts: (LagVerdict | undefined)[] = [
    'ok',
    'stopped',
    undefined,
    'rewound',
    'beyond-the-log',
    'catching-up',
    'never-committed',
    'stalled',
    'falling-behind',
  ]
  const byOperation = verdicts.toSorted((a, b) => verdictRank(a) - verdictRank(b))
  expect(verdicts.toSorted((a, b) => severityOf(a) - severityOf(b))).toEqual(byOperation)
})

describe('partitionRows', () => {
  const one = { memberId: 'app-2b', clientId: 'app', host: '/10.0.0.1' }
  const two = { memberId: 'app-1a', clientId: 'app', host: '/10.0.0.2' }
  const billing = groupOf('billing', [
    partitionLag(0, { ...one, lag: 4n, verdict: 'ok' }),
    partitionLag(1, { ...two, lag: 9n, verdict: 'ok' }),
    partitionLag(2, { lag: 1n, verdict: 'stalled' }),
    partitionLag(10, { ...one, lag: 4n, verdict: 'ok' }),
  ])
  const members = membersOf(billing)
  const listed = (sort: SortOrder, filter = '') =>
    partitionRows(billing, new Map(), members, { sort, filter }).map(({ lag }) => lag.partition)

  test('names members by a number in the order of their names, and membersOf adds up their lag', () => {
    expect([...members.values()]).toEqual([
      { id: 'app-1a', number: 1, client: 'app', host: '/10.0.0.2', partitions: 1, lag: 9n },
      { id: 'app-2b', number: 2, client: 'app', host: '/10.0.0.1', partitions: 2, lag: 8n },
    ])
    const readers = partitionRows(billing, new Map(), members, { sort: 'name', filter: '' }).map(({ reader }) => reader)
    expect(readers).toEqual(['#2 app', '#1 app', '-', '#2 app'])
  })

  test('sorts the worst first, and equal ones by their number', () => {
    expect([listed('worst'), listed('name')]).toEqual([
      [2, 1, 0, 10],
      [0, 1, 2, 10],
    ])
  })

  test('filters by topic and number, member, host and verdict', () => {
    expect(listed('name', 'events/1')).toEqual([1, 10])
    expect(listed('name', '#2')).toEqual([0, 10])
    expect(listed('name', '0.0.2')).toEqual([1])
    expect(listed('name', 'stall')).toEqual([2])
  })
})

describe('the lag history', () => {
  const measured = (lag: bigint | undefined) => report(groupOf('billing', [partitionLag(0, { lag })], { lag, rates }))

  test('the lag history keeps the last measurements, oldest first', () => {
    let history = remember(new Map(), measured(undefined))
    for (let lag = 1n; lag <= 3n; lag += 1n) history = remember(history, measured(lag))
    const billing = history.get('billing')
    expect(billing?.lag).toEqual([Number.NaN, 1, 2, 3])
    expect(billing?.in).toEqual([3, 3, 3, 3])
    expect(billing?.out).toEqual([2, 2, 2, 2])
    expect(billing?.partitions.get('order-events/0')).toEqual([Number.NaN, 1, 2, 3])
    for (let lag = 4n; lag < 200n; lag += 1n) history = remember(history, measured(lag))
    expect(history.get('billing')?.lag).toHaveLength(HISTORY_LENGTH)
    expect(history.get('billing')?.lag.at(-1)).toBe(199)
  })

  test('the lag history drops groups that no longer exist', () => {
    expect(remember(remember(new Map(), measured(1n)), report(group('other'))).has('billing')).toBe(false)
  })
})
