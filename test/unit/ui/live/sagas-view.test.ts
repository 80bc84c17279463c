import { describe, expect, test } from 'vitest'
import type { SagaInstance } from '../../../../src/operations/sagas/list.ts'
import type { SagasUpdate } from '../../../../src/operations/sagas/watch.ts'
import { screenLines } from '../../../../src/ui/live/lines/screen-lines.ts'
import type { Key } from '../../../../src/ui/live/state/keys.ts'
import type { Size } from '../../../../src/ui/live/state/layout.ts'
import {
  initialScreen,
  reduceScreen,
  type ScreenEvent,
  type ScreenState,
} from '../../../../src/ui/live/state/screen-state.ts'
import { widthOf } from '../../../../src/ui/live/text/fit-text.ts'
import { palette } from '../../../../src/ui/live/text/palette.ts'

const NOW = Date.UTC(2026, 10, 23, 10)
const MINUTE = 60_000
const NOTHING = { groups: 'no groups yet', topics: 'no topics yet', sagas: 'no saga is described here' }
const named = new Set(['down', 'enter', 'escape', 'backspace', 'tab'])

const happened = (state: ScreenState, ...events: ScreenEvent[]) => events.reduce(reduceScreen, state)
const press = (state: ScreenState, ...keys: string[]) =>
  happened(
    state,
    ...keys.map((key): ScreenEvent => ({ type: 'pressed', key: named.has(key) ? (key as Key) : { text: key } })),
  )
const linesOf = (state: ScreenState, isColored = false) =>
  screenLines(state, { nothing: NOTHING, canType: true }, palette(isColored))
const screen = (state: ScreenState) => linesOf(state).join('\n')

const instance = (correlationId: string, more: Partial<SagaInstance> = {}): SagaInstance => ({
  ...{ saga: 'checkout', correlationId, messagesId: undefined, state: 'running', since: NOW - MINUTE },
  ...{ startedAt: NOW - MINUTE, last: { eventType: 'OrderPlaced.v1', at: NOW - MINUTE } },
  ...{ waitsFor: ['PaymentCompleted', 'PaymentFailed'], deadline: undefined, reason: undefined },
  ...more,
})
const late = instance('c-late', {
  ...{ state: 'stuck', since: NOW - 3 * MINUTE, startedAt: NOW - 4 * MINUTE },
  reason: { code: 'overdue', after: 'OrderPlaced', oneOf: ['PaymentCompleted'], deadline: NOW - 3 * MINUTE },
})
const done = instance('c-done', {
  ...{ state: 'completed', since: NOW, waitsFor: [], last: { eventType: 'CheckoutCompleted.v1', at: NOW } },
})
const NO_COUNTS = { failed: 0, stuck: 0, running: 0, expired: 0, compensated: 0, completed: 0 }

function read(
  instances: readonly SagaInstance[],
  more: Partial<Extract<SagasUpdate, { readonly kind: 'read' }>> = {},
): ScreenEvent {
  const counts = { ...NO_COUNTS }
  for (const { state } of instances) counts[state] += 1
  const sagas = [{ saga: 'checkout', file: 'sagas/checkout.json', source: 'topics' as const, counts }]
  const report = { at: NOW, sagas, instances, notes: [] }
  return { type: 'sagas', update: { kind: 'read', time: NOW, report, window: undefined, ...more } }
}
const inSagas = (size: Size = { columns: 100, rows: 24 }) => press(initialScreen(size, { timeZone: 'utc' }), '3')
const listed = happened(inSagas(), read([late, instance('c-new'), done]))
const names = ({ sagas: { list } }: ScreenState) => list.rows.map(({ name }) => name)

describe('the view of sagas', () => {
  test('lists the conversations with saga, state, age of the state and start, and counts them in the title', () => {
    const lines = screen(listed).split('\n')
    expect(lines[0]).toContain('crbus sagas  3 conversations · 1 stuck · 1 running · 1 completed')
    expect(lines[1]).toContain('1 groups  2 topics  3 sagas')
    expect(lines[3]).toMatch(/^› c-late +checkout +stuck +3m 11-23 09:56:00 OrderPlaced.v1 +no PaymentCompleted/)
    expect(lines[4]).toMatch(/^ {2}c-new +checkout +running +1m 11-23 09:59:00 OrderPlaced.v1 +PaymentCompleted …?/)
    expect(lines[5]).toMatch(/^ {2}c-done +checkout +completed +0ms .* -/)
  })

  test('says before the first reading that it reads, and without descriptions what to do', () => {
    expect(screen(inSagas())).toContain('crbus sagas  reading')
    const report = { at: NOW, sagas: [], instances: [], notes: [] }
    const none = happened(inSagas(), { type: 'sagas', update: { kind: 'read', time: NOW, report, window: undefined } })
    expect(screen(none)).toContain('  no saga is described here')
    expect(screen(happened(inSagas(), read([])))).toContain('  no conversations yet')
  })

  test('explains the selected conversation below the list, but not over the help', () => {
    const reason = 'OrderPlaced was not followed by PaymentCompleted in time'
    expect(screen(listed)).toContain(reason)
    expect(screen(press(listed, 'down'))).not.toContain(reason)
    expect(screen(press(listed, '?'))).not.toContain(reason)
    const notes = [{ code: 'topic-missing', saga: 'checkout', topic: 'order-events' }] as const
    const report = { at: NOW, sagas: [], instances: [], notes }
    expect(screen(happened(inSagas(), read([], { report })))).toContain("topic 'order-events' of the saga 'checkout'")
  })

  test('keeps the conversations that a filter matches by id, saga, state, last event or expected event', () => {
    expect(names(press(listed, '/', 'stuck'))).toEqual(['c-late'])
    expect(names(press(listed, '/', 'c-*', 'enter'))).toEqual(['c-late', 'c-new', 'c-done'])
    const filtered = press(listed, '/', 'checkoutcomp', 'enter')
    expect(names(filtered)).toEqual(['c-done'])
    expect(screen(filtered)).toContain('1 of 3 conversations')
    expect(screen(filtered)).toContain('/checkoutcomp  esc clears it')
    expect(names(press(filtered, 'escape'))).toHaveLength(3)
    expect(screen(press(listed, '/', 'nothing'))).toContain('nothing matches the filter')
  })

  test('sorts by urgency, age, start and id', () => {
    expect(names(press(listed, 's'))).toEqual(['c-late', 'c-new', 'c-done'])
    expect(names(press(listed, 's', 's'))).toEqual(['c-new', 'c-done', 'c-late'])
    expect(names(press(listed, 's', 's', 's'))).toEqual(['c-done', 'c-late', 'c-new'])
    expect(press(listed, 's', 's', 's', 's').sagas.sort).toBe('worst')
  })

  test('enter and t show the conversation, and esc returns to the list', () => {
    for (const key of ['enter', 't']) {
      const shown = press(listed, 'down', key)
      expect(shown.tail?.request).toMatchObject({ topics: [], conversation: 'c-new' })
      expect(press(shown, 'escape')).toMatchObject({ tail: undefined, view: 'sagas' })
    }
    expect(press(happened(inSagas(), read([])), 'enter').tail).toBeUndefined()
  })

  test('shows the conversation of a saga that names its streams by another value by the correlation id of its messages', () => {
    const other = happened(inSagas(), read([instance('o-7', { messagesId: 'c-7' })]))
    expect(press(other, 'enter').tail?.request.conversation).toBe('c-7')
    expect(press(other, 'c').copying).toEqual({ words: ['sagas', 'show', 'o-7', '--saga', 'checkout'] })
  })

  test('keeps the selected conversation when its place in the list changes, and the list when a reading fails', () => {
    const selected = press(listed, 'down')
    const next = happened(selected, read([instance('c-2', { state: 'failed' }), late, instance('c-new')]))
    expect(next.sagas.list.rows[next.sagas.list.at]?.name).toBe('c-new')
    const failed = happened(next, { type: 'sagas', update: { kind: 'failed', time: NOW, reason: 'no\u001b store' } })
    expect(names(failed)).toHaveLength(3)
    expect(screen(failed)).toContain('! cannot read sagas at 10:00:00Z: no')
    const slow = happened(next, { type: 'sagas', update: { kind: 'too-slow', time: NOW, window: undefined } })
    expect(screen(slow)).toContain('! reading all conversations took too long and was ended at 10:00:00Z')
    const narrowed = happened(slow, read([late], { window: 60 * MINUTE }))
    expect(screen(narrowed)).toContain('the conversations of the last 1h')
    expect(screen(narrowed)).not.toContain('too long')
  })

  test('lists a thousand conversations at most, and counts all of them', () => {
    const many = Array.from({ length: 2500 }, (_, at) =>
      instance(`c-${at}`, { saga: at < 2400 ? 'checkout' : 'refund' }),
    )
    const large = happened(inSagas(), read(many))
    expect(names(large)).toHaveLength(1000)
    expect(screen(large)).toContain('2500 conversations')
    expect(names(press(large, '/', 'refund'))).toHaveLength(100)
  })

  test('colors states as crbus sagas list does', () => {
    const [, , , , running = '', completed = ''] = linesOf(press(listed), true)
    expect(completed).toContain('\u001b[32mcompleted')
    expect(running).not.toContain('\u001b[32m')
    expect(linesOf(press(listed, 'down'), true)[3]).toContain('\u001b[31mstuck')
  })

  test.each([
    [80, 24],
    [200, 60],
    [20, 8],
    [7, 3],
  ])('has %d columns and %d rows at most, and escapes hostile text', (columns, rows) => {
    const BAD = '日本\u001b[2J\u202e\u0007'.repeat(9)
    const bad = instance(BAD, {
      ...{ saga: BAD, state: 'failed', last: { eventType: BAD, at: NOW }, waitsFor: [BAD] },
      reason: { code: 'dead-letter', letterId: '1', eventType: BAD, error: BAD },
    })
    const shown = happened(inSagas({ columns, rows }), read([bad, instance(BAD, { saga: 'a', waitsFor: [BAD] })]))
    for (const view of [shown, press(shown, 'down'), press(shown, '?'), press(shown, '/', BAD)]) {
      const lines = linesOf(view)
      expect(lines).toHaveLength(rows)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters must not reach the terminal
      expect(lines.join('')).not.toMatch(/[\u0000-\u001f\u202e]/)
      for (const line of lines) expect(widthOf(line), line).toBeLessThanOrEqual(columns - 2)
    }
  })
})
