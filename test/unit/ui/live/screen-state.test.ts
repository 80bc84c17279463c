import { describe, expect, test } from 'vitest'
import type { LagReport } from '../../../../src/operations/lag/report.ts'
import type { TopicMeasurement } from '../../../../src/operations/topics/watch.ts'
import { screenLines } from '../../../../src/ui/live/lines/screen-lines.ts'
import type { ResetProposal, TailRequest } from '../../../../src/ui/live/ports.ts'
import type { Key } from '../../../../src/ui/live/state/keys.ts'
import {
  initialScreen,
  reduceScreen,
  type ScreenEvent,
  type ScreenState,
} from '../../../../src/ui/live/state/screen-state.ts'
import { widthOf } from '../../../../src/ui/live/text/fit-text.ts'
import { palette } from '../../../../src/ui/live/text/palette.ts'
import type { RecordRow } from '../../../../src/ui/records/record-row.ts'
import { groupOf, partitionLag, report } from './reports.ts'

const NOW = new Date(2026, 10, 23, 10, 0, 0).getTime()
const NOTHING = {
  groups: 'no groups yet',
  topics: 'no topics yet; "crbus topics create" creates one',
  sagas: 'no saga is described; "crbus sagas describe" writes a description',
}
const SIZE = { columns: 80, rows: 24 }
const measured = (found: LagReport): ScreenEvent => ({
  type: 'measured',
  update: { ok: true, time: NOW, report: found },
})
const happened = (state: ScreenState, ...events: ScreenEvent[]) => events.reduce(reduceScreen, state)
const named = new Set(['up', 'down', 'pageDown', 'enter', 'escape', 'backspace', 'tab'])
/** Presses keys, given as the typed text or by name. */
const press = (state: ScreenState, ...keys: string[]) =>
  happened(
    state,
    ...keys.map((key): ScreenEvent => ({ type: 'pressed', key: named.has(key) ? (key as Key) : { text: key } })),
  )
const screen = (state: ScreenState) =>
  screenLines(state, { nothing: NOTHING, canType: true }, palette(false)).join('\n')

const groups = report(
  groupOf('billing', [partitionLag(0, { committed: 97n, lag: 3n, verdict: 'stopped' })], {
    lag: 3n,
    verdict: 'stopped',
  }),
)
const start = happened(initialScreen(SIZE), measured(groups))

const topic = (name: string, more: Partial<TopicMeasurement> = {}): TopicMeasurement => ({
  topic: name,
  partitionCount: 3,
  eventCount: 10n,
  counts: 'records',
  rate: 0,
  bytes: undefined,
  config: new Map(),
  ...more,
})
const topics: ScreenEvent = {
  type: 'topics',
  update: {
    ok: true,
    time: NOW,
    topics: [
      topic('order-events', { rate: 40.1, bytes: 1536n, config: new Map([['retention.ms', '604800000']]) }),
      topic('payment-events', { eventCount: 1_234_567n, counts: 'offsets' }),
    ],
  },
}
const copiedWords = ({ copying }: ScreenState) =>
  copying !== undefined && 'words' in copying ? copying.words : undefined
const inTopics = happened(press(start, '2'), topics)

const record = (offset: number, more: Partial<RecordRow> = {}): RecordRow => ({
  key: `order-events[0]@${offset}`,
  topic: 'order-events',
  partition: 0,
  offset: BigInt(offset),
  time: '10:00:00.000',
  type: 'OrderPlaced.v1',
  isUndecodable: false,
  text: `{"n":${offset}}`,
  bytes: 100,
  detail: () => Array.from({ length: 50 }, (_, line) => `line ${line}`),
  ...more,
})
const arrived = (state: ScreenState, ...rows: RecordRow[]) =>
  happened(state, {
    type: 'tailed',
    request: state.tail?.request as NonNullable<ScreenState['tail']>['request'],
    update: { kind: 'events', rows },
  })

const proposalOf = (state: ScreenState, more: Partial<ResetProposal> = {}): ResetProposal => ({
  request: state.reset?.step === 'planning' ? state.reset.request : { group: '', partition: undefined, to: '' },
  lines: () => ['GROUP  billing', 'TO     start'],
  isNothing: false,
  question: 'Move 1 offset of group billing?',
  confirmBy: undefined,
  refusal: undefined,
  apply: () => Promise.reject(new Error('not called')),
  ...more,
})
/** Returns the state after the plan was made. */
const plannedFrom = (planning: ScreenState, more: Partial<ResetProposal> = {}) => {
  const proposal = proposalOf(planning, more)
  return happened(planning, { type: 'planned', request: proposal.request, outcome: { ok: true, proposal } })
}

describe('the views', () => {
  test('the views are switched by their numbers and by tab', () => {
    expect(['2', 'tab', '1'].map((key) => press(start, key).view)).toEqual(['topics', 'topics', 'groups'])
    expect(press(start, 'tab', 'tab').view).toBe('sagas')
    expect(press(start, 'tab', 'tab', 'tab').view).toBe('groups')
    expect(press(start, 'enter', '1').dashboard.open).toBeUndefined()
  })

  test('the view of topics lists events, rate, bytes, retention and the groups that read a topic', () => {
    const lines = screen(inTopics).split('\n')
    expect(lines[0]).toContain('crbus topics  2 topics · 1.23M events · 40.1/s')
    expect(lines[3]).toMatch(/^› order-events +3 +10 +40\.1 +1\.5 KiB 7d +1 billing/)
    expect(lines[4]).toMatch(/^ {2}payment-events +3 +≤1\.23M +0\.0 +- default +- /)
  })

  test('a list without rows says why, on as many lines as that needs', () => {
    const empty = happened(press(start, '2'), { type: 'topics', update: { ok: true, time: NOW, topics: [] } })
    expect(screen(empty)).toContain('  no topics yet; "crbus topics create" creates one')
    const narrow = happened(empty, { type: 'resized', size: { columns: 30, rows: 24 } })
    expect(screen(narrow)).toMatch(/^ {2}no topics yet; "crbus *\n {2}topics create" creates one$/m)
    expect(screen(press(inTopics, '/', 'x'))).toContain('  nothing matches the filter')
  })

  test('the view of topics sorts, and filters by globs and by the names of groups', () => {
    const names = ({ topics: { list } }: ScreenState) => list.rows.map(({ name }) => name)
    expect(names(press(inTopics, 'ss'))).toEqual(['payment-events', 'order-events'])
    expect(names(press(inTopics, '/', 'pay*'))).toEqual(['payment-events'])
    expect(names(press(inTopics, '/', 'billing', 'enter'))).toEqual(['order-events'])
    expect(names(press(inTopics, '/', 'pay*', 'enter', 'escape'))).toHaveLength(2)
  })

  test('a help that is longer than the screen is scrolled, and closed by any other key', () => {
    const help = press(happened(start, { type: 'resized', size: { columns: 80, rows: 12 } }), '?')
    expect(screen(help)).not.toContain('catching-up')
    expect(screen(press(help, 'G'))).toContain('catching-up')
    expect(press(help, 'j', 'x').help).toBeUndefined()
    expect(press(help, 'q').dashboard.isDone).toBe(true)
    expect(screen(press(help, 'j'))).toMatch(/lines 2-10 of \d+$/)
    const larger = happened(press(help, 'G'), { type: 'resized', size: { columns: 80, rows: 60 } })
    expect(larger.help).toBe(0)
  })

  test('no text of a help is cut at 80 columns', () => {
    const large = happened(start, { type: 'resized', size: { columns: 80, rows: 80 } })
    const views = [
      large,
      press(large, '2'),
      press(large, '3'),
      press(large, 't'),
      plannedFrom(press(large, 'r', 'start', 'enter')),
    ]
    const shown = views.map((state) => screen(press(state, '?')))
    expect(shown.map((text) => text.split('\n')[0]?.trim().split(/ +/)[1])).toEqual([
      'groups',
      'topics',
      'sagas',
      'events',
      'reset',
    ])
    for (const text of shown) expect(text).not.toContain('…')
  })

  test('a lost connection is named with its time, and dims the figures', () => {
    const lost = happened(start, { type: 'measured', update: { ok: false, time: NOW + 2000, reason: 'no broker' } })
    const [title = ''] = screen(lost).split('\n')
    expect(title).toContain('STALE since 10:00:00')
    const colored = screenLines(press(lost, 'enter'), { nothing: NOTHING, canType: true }, palette(true)).join('\n')
    expect(colored).toContain('\u001b[2m')
    expect(screen(happened(lost, measured(groups)))).not.toContain('STALE')
  })
})

describe('the events of a row', () => {
  test('the events of a row are those of a topic, of a group, or those that a group stands at', () => {
    expect(press(inTopics, 'enter').tail?.request).toMatchObject({ topics: ['order-events'], from: undefined })
    expect(press(start, 't').tail?.request).toMatchObject({ topics: ['order-events'], from: undefined })
    const from = { topic: 'order-events', partition: 0, offset: 97n }
    expect(press(start, 'enter', 't').tail?.request).toMatchObject({ topics: ['order-events'], from })
  })

  test('the events of a row are followed while the last one is selected', () => {
    const two = arrived(press(start, 't'), record(0), record(1))
    expect(two.tail?.list.at).toBe(1)
    expect(arrived(two, record(2)).tail?.list.at).toBe(2)
    expect(arrived(press(two, 'k'), record(2)).tail?.list.at).toBe(0)
  })

  test('the events from an offset on begin at the first', () => {
    const first = arrived(press(start, 'enter', 't'), record(97), record(98))
    expect(first.tail?.list.at).toBe(0)
  })

  test('the events of a row are kept up to a number and a size', () => {
    const many = Array.from({ length: 700 }, (_, offset) => record(offset))
    const rows = arrived(press(start, 't'), ...many).tail?.list.rows ?? []
    expect([rows.length, rows.at(-1)?.offset]).toEqual([500, 699n])
    const large = many.slice(0, 100).map((row) => ({ ...row, bytes: 1024 * 1024 }))
    expect(arrived(press(start, 't'), ...large).tail?.list.rows).toHaveLength(32)
  })

  test('an event is opened with all its lines, which scroll, and closed by escape', () => {
    const opened = press(arrived(press(start, 't'), record(0)), 'enter')
    expect(screen(opened)).toContain('line 19')
    expect(screen(opened)).not.toContain('line 20')
    expect(screen(press(opened, 'pageDown'))).toContain('line 20')
    expect(press(opened, 'escape').tail?.detail).toBeUndefined()
    expect(press(opened, 'escape', 'escape').tail).toBeUndefined()
  })

  test('a condition is typed and reads the events again on enter', () => {
    const before = arrived(press(start, 't'), record(0))
    const typing = press(before, 'w', 'data.n > 1q')
    expect(typing.tail?.request).toBe(before.tail?.request)
    const read = press(typing, 'backspace', 'enter')
    expect(read.tail).toMatchObject({ request: { where: 'data.n > 1', grep: '' }, list: { rows: [] } })
    expect(press(read, '/', 'order', 'enter').tail?.request).toMatchObject({ where: 'data.n > 1', grep: 'order' })
    expect(press(read, 'escape').tail?.request).toMatchObject({ where: '', grep: '' })
  })

  test('f shows the conversation of the selected event, and esc returns to the events', () => {
    const events = arrived(press(inTopics, 'enter'), record(0, { correlationId: 'c-1' }), record(1))
    // The second event has no correlation id.
    expect(press(events, 'f')).toBe(events)
    expect(screen(events)).not.toContain('f flow')
    const first = press(events, 'k')
    expect(screen(first)).toContain('f flow')
    const shown = press(first, 'f')
    expect(shown.tail?.request).toMatchObject({ conversation: 'c-1', topics: [] })
    expect(screen(shown)).toContain('searching all topics')
    const branch = { lines: '└─ ', after: '+12ms' }
    const found = happened(
      arrived(shown, record(0, { correlationId: 'c-1' }), record(1, { correlationId: 'c-1', branch })),
      { type: 'tailed', request: shown.tail?.request as TailRequest, update: { kind: 'complete' } },
    )
    expect(screen(found)).toContain('c-1  2 messages')
    expect(screen(found)).toMatch(/\+12ms └─ OrderPlaced.v1/)
    expect(found.tail?.list.at).toBe(0)
    // The conversation is shown as a whole.
    expect(press(found, '/').tail?.editing).toBeUndefined()
    expect(press(found, 'f')).toBe(found)
    expect(copiedWords(press(found, 'c'))).toEqual(['trace', 'c-1'])
    const back = press(found, 'escape')
    expect(back.tail?.request).toEqual(events.tail?.request)
    expect(back.tail?.request).not.toBe(events.tail?.request)
    expect(press(back, 'escape').tail).toBeUndefined()
  })

  test('f in an opened record shows its conversation', () => {
    const opened = press(arrived(press(inTopics, 'enter'), record(0, { correlationId: 'c-2' })), 'enter', 'f')
    expect(opened.tail?.request.conversation).toBe('c-2')
  })
  test('news of an earlier request is ignored', () => {
    const before = press(start, 't')
    const request = before.tail?.request as NonNullable<ScreenState['tail']>['request']
    const later = press(before, '/', 'x', 'enter')
    expect(happened(later, { type: 'tailed', request, update: { kind: 'events', rows: [record(0)] } })).toBe(later)
  })
})

describe('a reset', () => {
  const planning = press(start, 'enter', 'r', 'start', 'enter')
  const plannedWith = (more: Partial<ResetProposal> = {}) => plannedFrom(planning, more)

  test('a reset asks for the position first, and plans for the selected partition or the group', () => {
    const partition = { topic: 'order-events', partition: 0 }
    expect(planning.reset).toMatchObject({ step: 'planning', request: { group: 'billing', partition, to: 'start' } })
    expect(press(start, 'r').reset).toMatchObject({ subject: { group: 'billing', partition: undefined } })
    expect(press(start, 'r', 'enter').reset?.step).toBe('target')
    expect(press(start, 'r', 'q', 'escape').reset).toBeUndefined()
  })

  test('a reset shows its plan and is applied only by y', () => {
    const shown = plannedWith()
    expect(screen(shown)).toContain('TO     start')
    expect(screen(shown)).toMatch(/^apply the plan\? \[y\/N\] .* Move 1 offset of group billing\?/m)
    expect(press(shown, 'y').reset?.step).toBe('applying')
    for (const key of ['n', 'x', 'enter', 'escape']) {
      expect(press(shown, key).reset).toMatchObject({ step: 'failed', lines: ['not confirmed; nothing was done'] })
    }
  })

  test('a reset shows its plan for the width of the screen, also after a change of the size', () => {
    const lines = (width: number) => [
      `a table of ${width} cells`,
      ...Array.from({ length: 30 }, (_, at) => `line ${at}`),
    ]
    const shown = plannedWith({ lines })
    expect(screen(shown)).toContain('a table of 78 cells')
    const scrolled = happened(press(shown, 'G'), { type: 'resized', size: { columns: 120, rows: 60 } })
    expect(screen(scrolled)).toContain('a table of 118 cells')
  })

  test('a reset names its partition and asks for the name also if the name of the group is long', () => {
    const group = 'composable-rust-'.repeat(12)
    const partition = partitionLag(0, { lag: 3n, verdict: 'stopped' })
    const other = partitionLag(1)
    const opened = press(
      happened(start, measured(report(groupOf(group, [partition, other], { verdict: 'stopped' })))),
      'enter',
    )
    expect(screen(opened).split('\n')[0]).toMatch(/^composable-rust-\S+…\S+-rust- {2}stopped 1\/2 {2}10:00:00$/)
    const asked = press(opened, 'r')
    expect(screen(asked).split('\n')[0]).toMatch(/^reset composable-\S+…\S+-rust- {2}order-events\[0\] {2}10:00:00$/)
    const planning = press(asked, 'start', 'enter')
    const shown = plannedFrom(planning, { confirmBy: group })
    expect(screen(press(shown, 'comp'))).toMatch(/^protected: type composable-\S+…\S+-rust- to confirm: comp $/m)
  })

  test('a reset on a protected bus is applied only by the name of the group', () => {
    const shown = plannedWith({ confirmBy: 'billing' })
    expect(screen(shown)).toContain('type billing to confirm')
    expect(press(shown, 'billing', 'enter').reset?.step).toBe('applying')
    expect(press(shown, 'y', 'enter').reset).toMatchObject({ lines: ["'y' is not 'billing'; nothing was done"] })
  })

  test('a reset on a read-only bus shows the plan and cannot be applied', () => {
    const shown = plannedWith({ refusal: "profile 'prod' is read-only" })
    expect(screen(shown)).toContain("! profile 'prod' is read-only")
    expect(press(shown, 'y').reset).toBe(shown.reset)
    expect(press(shown, 'escape').reset).toBeUndefined()
  })

  test('a reset shows what was done and the command that undoes it, which c copies', () => {
    const applying = press(plannedWith(), 'y')
    // A change that has begun is finished.
    expect(press(applying, 'q').dashboard.isDone).toBe(false)
    const proposal = applying.reset?.step === 'applying' ? applying.reset.proposal : proposalOf(planning)
    const outcome = { ok: true, text: 'moved 1 offset of billing', undo: 'crbus reset undo f.json' } as const
    const done = happened(applying, { type: 'applied', proposal, outcome })
    expect(screen(done)).toContain('moved 1 offset of billing')
    expect(screen(done)).toContain('crbus reset undo f.json')
    expect(press(done, 'c').copying).toEqual({ line: 'crbus reset undo f.json' })
    expect(press(done, 'escape').reset).toBeUndefined()
  })
})

test('c copies the command that shows the selected row or the plan', () => {
  const copied = (state: ScreenState) => press(state, 'c').copying
  expect(copied(start)).toEqual({ words: ['lag', '--group', 'billing'] })
  expect(copied(press(start, 'enter'))).toEqual({ words: ['lag', '--group', 'billing', '--topic', 'order-events'] })
  expect(copied(inTopics)).toEqual({ words: ['topics', 'describe', 'order-events'] })
  expect(copied(press(start, 'enter', 't'))).toEqual({
    words: ['tail', 'order-events', '--partition', '0', '--from', '97'],
  })
  const shown = happened(start, { type: 'copied', line: 'crbus lag --group billing' })
  expect(screen(shown)).toContain('copied: crbus lag --group billing')
  expect(screen(press(shown, 'j'))).not.toContain('copied')
})

test.each([
  [80, 24],
  [120, 40],
  [200, 60],
  [20, 8],
  [7, 3],
])('every view has %d columns and %d rows at most, and escapes hostile text', (columns, rows) => {
  const BAD = '日本\u001b[2J\u202e\u0007'.repeat(9)
  const hostile = report(
    groupOf(BAD, [partitionLag(0, { lag: 3n, memberId: BAD, clientId: BAD, host: BAD })], { lag: 3n }),
  )
  const bus = { kind: BAD, profile: BAD, brokers: BAD, clusterId: BAD, guard: 'protected' as const }
  const size = { columns, rows }
  const first = happened(initialScreen(size, { bus }), measured(hostile), {
    type: 'topics',
    update: { ok: true, time: NOW, topics: [topic(BAD)] },
  })
  const events = arrived(
    press(first, 't'),
    record(0, { key: BAD, topic: BAD, type: BAD, text: BAD, detail: () => [BAD] }),
  )
  const reset = press(first, 'r', BAD)
  const failed = {
    ...reset,
    reset: { step: 'failed' as const, subject: { group: BAD, partition: undefined }, lines: [BAD] },
  }
  const views = [
    first,
    press(first, '2'),
    press(first, 'enter'),
    events,
    press(events, 'enter'),
    reset,
    failed,
    press(first, '?'),
  ]
  for (const view of views) {
    const lines = screenLines(view, { nothing: NOTHING, canType: true }, palette(false))
    expect(lines).toHaveLength(rows)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters must not reach the terminal
    expect(lines.join('')).not.toMatch(/[\u0000-\u001f\u202e]/)
    for (const line of lines) expect(widthOf(line), line).toBeLessThanOrEqual(columns - 2)
  }
})
