import { describe, expect, test } from 'vitest'
import type { LagReport } from '../../../../src/operations/lag/lag.ts'
import {
  type DashboardEvent,
  type DashboardState,
  filterOf,
  initialState,
  reduce,
} from '../../../../src/ui/live/dashboard-state.ts'
import type { Key } from '../../../../src/ui/live/keys.ts'
import { group, groupOf, place, report } from './reports.ts'

const NOW = new Date(2026, 10, 23, 10, 0, 0).getTime()
const looked = (found: LagReport, time = NOW): DashboardEvent => ({
  type: 'looked',
  look: { ok: true, time, report: found },
})
const pressed = (key: Key): DashboardEvent => ({ type: 'pressed', key })
const happened = (state: DashboardState, ...events: DashboardEvent[]) => events.reduce(reduce, state)
/** Keys as they are typed, or by name. */
const press = (state: DashboardState, ...keys: (string | Key)[]) => {
  const named = ['up', 'down', 'pageUp', 'pageDown', 'home', 'end', 'enter', 'escape', 'backspace', 'left', 'right']
  const toKey = (key: string | Key): Key =>
    typeof key === 'string' && !named.includes(key) ? { text: key } : (key as Key)
  return happened(state, ...keys.map((key) => pressed(toKey(key))))
}

const partitions = Array.from({ length: 50 }, (_, partition) => place(partition, { lag: BigInt(100 - partition) }))
const groups = report(
  groupOf('billing', partitions, { lag: 9n, verdict: 'stopped' }),
  group('audit', { lag: 70n, verdict: 'ok' }),
  group('shipping', { lag: 5n, age: 5, verdict: 'ok' }),
)
const start = happened(initialState({ columns: 80, rows: 24 }), looked(groups))
const names = ({ groups: { rows } }: DashboardState) => rows.map(({ name }) => name)
const chosen = ({ groups: list }: DashboardState) => list.rows[list.at]?.name
const chosenPlace = ({ open }: DashboardState) => open?.places.rows[open.places.at]?.lag.partition

describe('keys', () => {
  test('move', () => {
    expect(chosen(start)).toBe('billing')
    expect(chosen(press(start, 'j'))).toBe('audit')
    expect(chosen(press(start, 'down', 'down', 'k'))).toBe('audit')
    expect(chosen(press(start, 'G'))).toBe('shipping')
    expect(chosen(press(start, 'end', 'up', 'home'))).toBe('billing')
    expect(chosen(press(start, 'jj'))).toBe('shipping')
  })

  test('by a page, and to the ends, in a long list', () => {
    const open = press(start, 'enter')
    const page = chosenPlace(press(open, 'pageDown')) as number
    expect(page).toBeGreaterThan(10)
    expect(page).toBeLessThan(24)
    expect(chosenPlace(press(open, 'pageDown', 'pageDown', 'pageUp'))).toBe(page)
    expect(chosenPlace(press(open, 'G'))).toBe(49)
    expect(chosenPlace(press(open, 'G', 'g'))).toBe(0)
  })

  test('open a group and come back to it', () => {
    const open = press(start, 'j', 'k', 'right')
    expect(open.open?.group.group).toBe('billing')
    for (const back of ['escape', 'backspace', 'left'] as const) {
      const state = press(start, 'j', 'j', 'enter', back)
      expect([state.open, chosen(state)]).toEqual([undefined, 'shipping'])
    }
    expect(press(happened(initialState({ columns: 80, rows: 24 }), looked(report())), 'enter').open).toBeUndefined()
  })

  test('sort, one order after another', () => {
    const orders = [0, 1, 2, 3, 4].map((times) => press(start, 's'.repeat(times)))
    expect(orders.map(({ sort }) => sort)).toEqual(['worst', 'lag', 'age', 'name', 'worst'])
    expect(orders.map((state) => names(state)[0])).toEqual(['billing', 'audit', 'shipping', 'audit', 'billing'])
    expect(press(start, 'enter', 's').sort).toBe('lag')
  })

  test('pause and go on', () => {
    expect(press(start, 'p').isPaused).toBe(true)
    expect(press(start, 'p', 'p').isPaused).toBe(false)
  })

  test('show the help, which any key leaves, and quit', () => {
    expect(press(start, '?').mode).toBe('help')
    expect(press(start, '?', 'j')).toMatchObject({ mode: 'list', groups: { at: 0 } })
    expect(press(start, '?', 'escape').mode).toBe('list')
    expect(press(start, '?', 'q').isDone).toBe(true)
    expect(press(start, 'q').isDone).toBe(true)
  })

  test('that mean nothing change nothing', () => {
    expect(press(start, 'x')).toBe(start)
    expect(press(start, 'k')).toBe(start)
  })
})

describe('a filter', () => {
  test('is typed, and kept by enter', () => {
    const typing = press(start, '/', 'a', 'u')
    expect([typing.mode, filterOf(typing), names(typing)]).toEqual(['filter', 'au', ['audit']])
    const kept = press(typing, 'enter')
    expect([kept.mode, names(kept)]).toEqual(['list', ['audit']])
    expect(names(press(kept, 'escape'))).toHaveLength(3)
  })

  test('takes letters that are keys elsewhere, however many come at once', () => {
    const typing = press(start, '/shipq')
    expect([typing.isDone, filterOf(typing), names(typing)]).toEqual([false, 'shipq', []])
    expect(names(press(typing, 'backspace'))).toEqual(['shipping'])
  })

  test('is dropped by escape', () => {
    const dropped = press(start, '/', 'ship', 'escape')
    expect([dropped.mode, filterOf(dropped), names(dropped).length]).toEqual(['list', '', 3])
  })

  test('lets the list move while it is typed', () => {
    expect(chosen(press(start, '/', 'i', 'down'))).toBe('audit')
  })

  test('is one for groups and one for partitions', () => {
    const both = press(start, '/bill', 'enter', 'enter', '/events/4', 'enter')
    expect(both.open?.places.rows.map(({ lag }) => lag.partition)).toEqual([4, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49])
    const one = press(both, 'escape')
    expect([one.open?.filter, one.filter]).toEqual(['', 'bill'])
    expect(press(one, 'escape')).toMatchObject({ open: undefined, filter: 'bill' })
  })
})

describe('looks', () => {
  test('change what is shown and keep what was chosen', () => {
    const later = happened(press(start, 'j'), looked(report(group('audit', { verdict: 'stopped' }), group('new'))))
    expect([names(later), chosen(later)]).toEqual([['audit', 'new'], 'audit'])
    expect(later.history.get('audit')?.lag).toEqual([70, 0])
  })

  test('renew the group that is open, and close one that is gone', () => {
    const open = press(start, 'enter', 'G')
    const renewed = happened(open, looked(report(groupOf('billing', partitions.slice(0, 7)))))
    expect([renewed.open?.places.rows.length, chosenPlace(renewed)]).toEqual([7, 6])
    const gone = happened(open, looked(report(group('audit'))))
    expect([gone.open, gone.trouble]).toEqual([undefined, 'billing is gone'])
    expect(happened(gone, looked(report(group('audit')))).trouble).toBeUndefined()
  })

  test('that failed keep what was seen and say why, once more is seen no longer', () => {
    const failed = happened(start, { type: 'looked', look: { ok: false, time: NOW + 2000, reason: 'no\nbroker' } })
    expect([names(failed).length, failed.trouble]).toEqual([3, 'no look at 10:00:02, trying again: no\\nbroker'])
    expect(happened(failed, { type: 'late' }).trouble).toBe(failed.trouble)
    expect(happened(failed, looked(groups)).trouble).toBeUndefined()
  })

  test('that take long are said to', () => {
    expect(happened(start, { type: 'late' }).trouble).toBe('no answer since 10:00:00')
  })
})

test('another size keeps the chosen row in sight', () => {
  const low = happened(press(start, 'enter', 'pageDown'), { type: 'resized', size: { columns: 50, rows: 12 } })
  const { top = 0, at = 0 } = low.open?.places ?? {}
  expect(at - top).toBeGreaterThanOrEqual(0)
  expect(at - top).toBeLessThan(6)
})
