import { describe, expect, test } from 'vitest'
import type { LagReport } from '../../../../src/operations/lag/report.ts'
import type { Key } from '../../../../src/ui/live/state/keys.ts'
import {
  type DashboardEvent,
  type DashboardState,
  filterOf,
  initialState,
  reduce,
} from '../../../../src/ui/live/state/views/dashboard-state.ts'
import { group, groupOf, partitionLag, report } from './reports.ts'

const NOW = new Date(2026, 10, 23, 10, 0, 0).getTime()
const measured = (found: LagReport, time = NOW): DashboardEvent => ({
  type: 'measured',
  update: { ok: true, time, report: found },
})
const pressed = (key: Key): DashboardEvent => ({ type: 'pressed', key })
const happened = (state: DashboardState, ...events: DashboardEvent[]) => events.reduce(reduce, state)
/** Presses keys, given as the typed text or by name. */
const press = (state: DashboardState, ...keys: (string | Key)[]) => {
  const named = ['up', 'down', 'pageUp', 'pageDown', 'home', 'end', 'enter', 'escape', 'backspace', 'left', 'right']
  const toKey = (key: string | Key): Key =>
    typeof key === 'string' && !named.includes(key) ? { text: key } : (key as Key)
  return happened(state, ...keys.map((key) => pressed(toKey(key))))
}

const partitions = Array.from({ length: 50 }, (_, partition) =>
  partitionLag(partition, { lag: BigInt(100 - partition) }),
)
const groups = report(
  groupOf('billing', partitions, { lag: 9n, verdict: 'stopped' }),
  group('audit', { lag: 70n, verdict: 'ok' }),
  group('shipping', { lag: 5n, age: 5, verdict: 'ok' }),
)
const start = happened(initialState({ columns: 80, rows: 24 }), measured(groups))
const names = ({ groups: { rows } }: DashboardState) => rows.map(({ name }) => name)
const selected = ({ groups: list }: DashboardState) => list.rows[list.at]?.name
const selectedPartition = ({ open }: DashboardState) => open?.partitions.rows[open.partitions.at]?.lag.partition

describe('keys', () => {
  test('keys move the selection', () => {
    expect(selected(start)).toBe('billing')
    expect(selected(press(start, 'j'))).toBe('audit')
    expect(selected(press(start, 'down', 'down', 'k'))).toBe('audit')
    expect(selected(press(start, 'G'))).toBe('shipping')
    expect(selected(press(start, 'end', 'up', 'home'))).toBe('billing')
    expect(selected(press(start, 'jj'))).toBe('shipping')
  })

  test('keys move a long list by a page and to its ends', () => {
    const open = press(start, 'enter')
    const page = selectedPartition(press(open, 'pageDown')) as number
    expect(page).toBeGreaterThan(10)
    expect(page).toBeLessThan(24)
    expect(selectedPartition(press(open, 'pageDown', 'pageDown', 'pageUp'))).toBe(page)
    expect(selectedPartition(press(open, 'G'))).toBe(49)
    expect(selectedPartition(press(open, 'G', 'g'))).toBe(0)
  })

  test('keys open a group and return to it in the list', () => {
    const open = press(start, 'j', 'k', 'right')
    expect(open.open?.group.group).toBe('billing')
    for (const back of ['escape', 'backspace', 'left'] as const) {
      const state = press(start, 'j', 'j', 'enter', back)
      expect([state.open, selected(state)]).toEqual([undefined, 'shipping'])
    }
    expect(press(happened(initialState({ columns: 80, rows: 24 }), measured(report())), 'enter').open).toBeUndefined()
  })

  test('keys switch to the next sort order', () => {
    const orders = [0, 1, 2, 3, 4].map((times) => press(start, 's'.repeat(times)))
    expect(orders.map(({ sort }) => sort)).toEqual(['worst', 'lag', 'age', 'name', 'worst'])
    expect(orders.map((state) => names(state)[0])).toEqual(['billing', 'audit', 'shipping', 'audit', 'billing'])
    expect(press(start, 'enter', 's').sort).toBe('lag')
  })

  test('keys pause and resume', () => {
    expect(press(start, 'p').isPaused).toBe(true)
    expect(press(start, 'p', 'p').isPaused).toBe(false)
  })

  test('keys quit', () => {
    expect(press(start, 'q').isDone).toBe(true)
  })

  test('keys without a meaning return the same state', () => {
    expect(press(start, 'x')).toBe(start)
    expect(press(start, 'k')).toBe(start)
  })
})

describe('groups that are asleep', () => {
  const WEEK = 7 * 86_400_000
  const idle = { state: 'Empty', memberCount: 0 } as const
  const some = report(
    group('old', { ...idle, lag: 5n, age: WEEK, verdict: 'stopped' }),
    group('down', { ...idle, lag: 5n, age: WEEK - 1, verdict: 'stopped' }),
    group('lost', { ...idle, verdict: 'beyond-the-log' }),
    group('idle', idle),
    group('quiet'),
  )
  const asleep = happened(initialState({ columns: 80, rows: 24 }), measured(some))

  test('groups that are asleep are those without members whose lag is gone or a week old', () => {
    expect([names(asleep), asleep.hidden]).toEqual([['lost', 'down', 'quiet'], 2])
  })

  test('groups that are asleep are shown by a key, and by a filter', () => {
    expect([names(press(asleep, 'a')).length, press(asleep, 'a').hidden, press(asleep, 'aa').hidden]).toEqual([5, 0, 2])
    expect(names(press(asleep, '/', 'idle'))).toEqual(['idle'])
  })

  test('groups that are asleep are shown from the start if the user named the groups', () => {
    const named = happened(initialState({ columns: 80, rows: 24 }, undefined, { showsAsleep: true }), measured(some))
    expect(named.hidden).toBe(0)
  })
})

describe('a filter', () => {
  test('a filter with a wildcard matches whole names or words', () => {
    expect(names(press(start, '/', '*i*g'))).toEqual(['billing', 'shipping'])
    expect(names(press(start, '/', 'b*'))).toEqual(['billing'])
    expect(names(press(start, '/', 'STOP?ed'))).toEqual(['billing'])
  })

  test('a filter applies while it is typed and is kept by enter', () => {
    const typing = press(start, '/', 'a', 'u')
    expect([typing.mode, filterOf(typing), names(typing)]).toEqual(['filter', 'au', ['audit']])
    const kept = press(typing, 'enter')
    expect([kept.mode, names(kept)]).toEqual(['list', ['audit']])
    expect(names(press(kept, 'escape'))).toHaveLength(3)
  })

  test('a filter takes letters that are keys elsewhere, also several at once', () => {
    const typing = press(start, '/shipq')
    expect([typing.isDone, filterOf(typing), names(typing)]).toEqual([false, 'shipq', []])
    expect(names(press(typing, 'backspace'))).toEqual(['shipping'])
  })

  test('a filter is cleared by escape', () => {
    const dropped = press(start, '/', 'ship', 'escape')
    expect([dropped.mode, filterOf(dropped), names(dropped).length]).toEqual(['list', '', 3])
  })

  test('a filter lets arrow keys move the list while it is typed', () => {
    expect(selected(press(start, '/', 'i', 'down'))).toBe('audit')
  })

  test('a filter is separate for groups and for partitions', () => {
    const both = press(start, '/bill', 'enter', 'enter', '/events/4', 'enter')
    expect(both.open?.partitions.rows.map(({ lag }) => lag.partition)).toEqual([
      4, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49,
    ])
    const one = press(both, 'escape')
    expect([one.open?.filter, one.filter]).toEqual(['', 'bill'])
    expect(press(one, 'escape')).toMatchObject({ open: undefined, filter: 'bill' })
  })
})

describe('a measurement', () => {
  test('a measurement updates the rows and keeps the selected one', () => {
    const later = happened(press(start, 'j'), measured(report(group('audit', { verdict: 'stopped' }), group('new'))))
    expect([names(later), selected(later)]).toEqual([['audit', 'new'], 'audit'])
    expect(later.history.get('audit')?.lag).toEqual([70, 0])
  })

  test('a measurement updates the open group, and closes a group that no longer exists', () => {
    const open = press(start, 'enter', 'G')
    const renewed = happened(open, measured(report(groupOf('billing', partitions.slice(0, 7)))))
    expect([renewed.open?.partitions.rows.length, selectedPartition(renewed)]).toEqual([7, 6])
    const gone = happened(open, measured(report(group('audit'))))
    expect([gone.open, gone.trouble]).toEqual([undefined, 'group billing no longer exists'])
    expect(happened(gone, measured(report(group('audit')))).trouble).toBeUndefined()
  })

  test('a measurement that failed keeps the rows and shows the reason until the next one succeeds', () => {
    const failed = happened(start, { type: 'measured', update: { ok: false, time: NOW + 2000, reason: 'no\nbroker' } })
    expect([names(failed).length, failed.trouble]).toEqual([3, 'cannot measure at 10:00:02, trying again: no\\nbroker'])
    expect(failed.staleSince).toBe(NOW)
    expect(happened(failed, { type: 'late' })).toMatchObject({ trouble: failed.trouble, staleSince: NOW })
    expect(happened(failed, measured(groups))).toMatchObject({ trouble: undefined, staleSince: undefined })
  })

  test('a measurement that is late is reported with the time of the last one', () => {
    expect(happened(start, { type: 'late' })).toMatchObject({ trouble: 'no answer since 10:00:00', staleSince: NOW })
  })
})

test('keeps the selected row visible after a resize', () => {
  const low = happened(press(start, 'enter', 'pageDown'), { type: 'resized', size: { columns: 50, rows: 12 } })
  const { top = 0, at = 0 } = low.open?.partitions ?? {}
  expect(at - top).toBeGreaterThanOrEqual(0)
  expect(at - top).toBeLessThan(6)
})
