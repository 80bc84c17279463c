import { describe, expect, test } from 'vitest'
import { notesOf } from '../../../src/operations/lag/notes.ts'
import type { LagReport, PartitionLag } from '../../../src/operations/lag/report.ts'
import type { Clamp, ResetNote } from '../../../src/operations/reset/notes.ts'
import type { ResetPlan, ResetStep } from '../../../src/operations/reset/plan.ts'
import type { SampleWarning } from '../../../src/operations/schemas/sample.ts'
import type { TailNotice } from '../../../src/operations/tail/notices.ts'
import { wordsOfReset } from '../../../src/ui/format-reset.ts'
import { lagDocument, lagNotes } from '../../../src/ui/notes/lag-notes.ts'
import { resetDocument, resetNoteText } from '../../../src/ui/notes/reset-notes.ts'
import { sampleWarningText } from '../../../src/ui/notes/sample-warnings.ts'
import { tailNoticeText } from '../../../src/ui/notes/tail-notices.ts'

const NOW = Date.UTC(2026, 10, 23, 10)

/** A report of one group on partitions of order-events. */
function reportOf(
  more: Partial<PartitionLag>,
  { counts = 'records', partitions = 1 }: { counts?: 'records' | 'offsets'; partitions?: number } = {},
): LagReport {
  const lags = Array.from({ length: partitions }, (_, partition) => ({
    ...{ lag: 5n, age: 12_000, rates: undefined, verdict: 'held-back' as const, partition },
    ...{ committed: 2n, start: 0n, end: 7n, lastStable: 2n },
    ...more,
  }))
  const { gone } = more
  const summary = { lag: 5n, age: 12_000, rates: undefined, verdict: 'held-back' as const, counts, gone }
  const topics = [{ topic: 'order-events', ...summary, partitions: lags }]
  const group = { group: 'billing', state: 'Stable' as const, memberCount: 1, ...summary, topics }
  return { sample: undefined, groups: [{ ...group, notes: notesOf(group) }] }
}

describe('the notes of a lag report', () => {
  test('the notes of a lag report name the transaction that holds a group back, since when, and how to end it', () => {
    const transaction = { offset: 2n, since: NOW - 12_000 }
    const lines = [
      'billing: a transaction is open in order-events[0] since 2026-11-23T09:59:48.000Z (12s) at offset 2 and holds back read-committed consumers; to end it: kafka-transactions.sh abort --topic order-events --partition 0 --start-offset 2',
    ]
    expect(lagNotes(reportOf({ transaction }), NOW, 'utc')).toEqual(lines)
    expect(lagNotes(reportOf({ transaction: { offset: 2n, since: undefined } }), NOW, 'utc')).toEqual([
      expect.stringContaining('a transaction is open in order-events[0] at offset 2 and'),
    ])
    const many = lagNotes(reportOf({ transaction }, { partitions: 5 }), NOW, 'utc')
    expect(many).toHaveLength(4)
    expect(many.at(-1)).toBe('billing: transactions are open in 2 more partitions')
  })

  test('a note that several groups have is one line with the names of the groups', () => {
    const [group] = reportOf({ transaction: { offset: 2n, since: undefined } }).groups
    const [other] = reportOf({ transaction: { offset: 3n, since: undefined }, gone: 1n }).groups
    if (group === undefined || other === undefined) throw new Error('there are groups')
    const named = (name: string) => ({ ...group, group: name })
    const notes = (names: readonly string[]) =>
      lagNotes({ groups: [...names.map(named), { ...other, group: 'other' }] }, NOW, 'utc')
    expect(notes(['billing', 'shipping'])).toEqual([
      expect.stringMatching(/^billing, shipping: a transaction is open in order-events\[0\] at offset 2 /),
      expect.stringMatching(/^other: a transaction is open in order-events\[0\] at offset 3 /),
      expect.stringMatching(/^other: 1 events after/),
    ])
    expect(notes([...'abcdefg'])[0]).toMatch(/^a, b, c, d, e and 2 more: a transaction/)
  })

  test('the notes of a lag report say which events were deleted unread, and where offsets are counted', () => {
    expect(lagNotes(reportOf({ gone: 3n }), NOW, 'utc')).toEqual([
      'billing: 3 events after the committed offset were deleted unread from order-events[0]; LAG does not count them',
    ])
    expect(lagNotes(reportOf({}, { counts: 'offsets' }), NOW, 'utc')).toEqual([
      'billing: LAG counts offsets of compacted topics, so fewer events may wait: order-events',
    ])
    expect(lagNotes(reportOf({}), NOW, 'utc')).toEqual([])
  })

  test('the notes of a lag report say why the age of the first waiting event is not known', () => {
    expect(lagNotes(reportOf({ ahead: 90_000 }), NOW, 'utc')).toEqual([
      'billing: the first waiting event of order-events[0] is dated in the future, so its age is not known',
    ])
    const reason = 'order-events[0] at offset 2: too large'
    expect(lagNotes(reportOf({ unreadable: reason }), NOW, 'utc')).toEqual([
      `billing: the first waiting event cannot be read, so its age is not known: ${reason}`,
    ])
    const many = lagNotes(reportOf({ unreadable: reason }, { partitions: 4 }), NOW, 'utc')
    expect(many.at(-1)).toBe('billing: the first waiting event of 1 more partition cannot be read')
  })

  test('the notes of a lag report are data with a code and a message in a JSON document, none left out', () => {
    const { groups } = lagDocument(reportOf({ transaction: { offset: 2n, since: undefined } }, { partitions: 5 }), NOW)
    expect(groups[0]?.notes).toHaveLength(5)
    expect(groups[0]?.notes?.[4]).toMatchObject({
      ...{ code: 'open-transaction', topic: 'order-events', partition: 4, offset: 2n },
      message: expect.stringMatching(/^a transaction is open in order-events\[4\] at offset 2 /),
    })
  })
})

describe('a reset plan', () => {
  const step: ResetStep = {
    ...{ topic: 'order-events', partition: 0, from: 2000n, to: 0n, start: 0n, end: 2000n, lastStable: 2000n },
    ...{ effect: 'replay', eventCount: 2000n, offsetCount: 2000n, counts: 'offsets', clamped: null },
    ...{ firstEventAt: null, lastEventAt: null },
  }
  const plan: ResetPlan = {
    ...{
      group: 'billing',
      bus: { kind: 'kafka', clusterId: 'c' },
      to: 'start',
      plannedAt: '2026-11-23T10:00:00.000Z',
      state: 'Empty',
    },
    ...{ memberIds: [], makesGroup: false, removesGroup: false, isExact: false, steps: [step], counts: 'offsets' },
    ...{ replayed: 2000n, skipped: 0n, sampled: 0, types: [], conversationCount: 0, sagaCount: 0, notes: [] },
  }

  const style = { timeZone: 'utc', width: undefined } as const
  const undoCommand = (file: string) => `crbus reset undo ${file}`

  test('a reset plan says that a number of offsets is an upper bound of the events', () => {
    const { shown, question } = wordsOfReset(plan, undoCommand, style)

    expect(shown).toMatch(/order-events +0 +2000 +0 +replay +≤2000 /)
    expect(shown).toContain('up to 2000 events delivered again\n')
    expect(question).toContain('up to 2000 events delivered again?')
    const counted = wordsOfReset(
      { ...plan, steps: [{ ...step, counts: 'records' }], counts: 'records' },
      undoCommand,
      style,
    )
    expect(counted.shown).toContain('2000 events delivered again\n')
  })

  const place = { topic: 'order-events', partition: 1 }
  const notes = [
    [{ code: 'topic-missing', topic: 'old-events' }, "topic 'old-events' no longer exists"],
    [
      { code: 'undo-topic-missing', topic: 'old-events' },
      "topic 'old-events' no longer exists: its offsets cannot be restored",
    ],
    [{ code: 'partition-missing', ...place }, 'order-events[1] does not exist and is left as it is'],
    [
      { code: 'no-offset-in-source', source: 'group:other', ...place },
      'order-events[1] is left as it is: group:other has no offset for it',
    ],
    [
      { code: 'unreadable-records', reason: 'order-events[1] at offset 4: too large', batchCount: 1, ...place },
      'order-events[1] at offset 4: too large; events that cannot be read are counted by their offsets',
    ],
    [
      { code: 'unreadable-records', reason: 'order-events[1] at offset 4: too large', batchCount: 3, ...place },
      'order-events[1] at offset 4: too large, and 2 more batches cannot be read; events that cannot be read are counted by their offsets',
    ],
    [
      { code: 'committed-outside-log', committed: 5n, start: 8n, end: 12n, gone: 3n, ...place },
      'order-events[1]: the committed offset 5 is outside the log, which holds 8 to 12; 3 events were deleted unread',
    ],
    [
      { code: 'committed-outside-log', committed: 99n, start: 0n, end: 10n, gone: 0n, ...place },
      'order-events[1]: the committed offset 99 is outside the log, which holds 0 to 10',
    ],
    [
      { code: 'skips-open-transaction', to: 7n, lastStable: 2n, ...place },
      'order-events[1]: offset 7 is after the start of a transaction that is open at 2; read-committed consumers will not get its events (--to 2 keeps them)',
    ],
    [
      { code: 'metadata-kept', partitions: [0, 1, 2, 3, 4, 5].map((partition) => ({ topic: 't', partition })) },
      'commit metadata is kept, although some clients read a position from it: t[0], t[1], t[2], t[3], t[4] and 1 more',
    ],
    [
      { code: 'moved-since', from: 4n, to: null, ...place },
      'order-events[1] has moved from 4 to none since the undo file was saved',
    ],
    [{ code: 'legacy-text', text: 'written by an earlier release' }, 'written by an earlier release'],
  ] as const satisfies readonly (readonly [ResetNote, string])[]
  test.each(notes.map(([note, text]) => ({ note, text })))(
    'a reset plan words the note $note.code as $text',
    ({ note, text }) => {
      expect(resetNoteText(note)).toBe(text)
    },
  )

  const clamps = [
    [{ code: 'before-log-start', wanted: -2n }, "-2 is before the log's start 0"],
    [{ code: 'beyond-log-end', wanted: 3000n }, "3000 is beyond the log's end 2000"],
    [{ code: 'time-after-last-event' }, 'no event has such a late timestamp'],
  ] as const satisfies readonly (readonly [Clamp, string])[]
  test.each(clamps.map(([clamped, message]) => ({ clamped, message })))(
    'a reset plan has clamps and notes with a code and a message in its document: $clamped.code',
    ({ clamped, message }) => {
      const document = resetDocument({
        ...plan,
        steps: [{ ...step, clamped }],
        notes: [{ code: 'topic-missing', topic: 'x' }],
      })
      expect(document.steps[0]?.clamped).toEqual({ ...clamped, message })
      expect(document.notes).toEqual([{ code: 'topic-missing', topic: 'x', message: "topic 'x' no longer exists" }])
    },
  )
})

describe('the notices of tail', () => {
  const place = { topic: 'order-events', partition: 1 }
  const range = { ...place, start: 10n, end: 20n }
  const unsearched = { code: 'events-not-searched', offsets: 1000n, until: NOW, ...place } as const
  const notices = [
    [
      { code: 'offset-replaced', wanted: 3n, offset: 10n, ...range },
      'order-events[1] holds 10 to 20: offset 3 was replaced by 10',
    ],
    [
      { code: 'offset-replaced', wanted: 19n, offset: 12n, lastStable: 12n, ...range },
      'order-events[1] holds 10 to 20, with a transaction open at 12: offset 19 was replaced by 12',
    ],
    [
      { code: 'ends-at-transaction', offset: 12n, held: 1n, ...place },
      'a transaction is open in order-events[1] at offset 12: the 1 offset from there on can be read after the transaction has ended',
    ],
    [
      { ...unsearched, others: 0 },
      'order-events[1] was read to 1000 offsets after the first event at or after 2026-11-23T10:00:00.000Z; events with earlier timestamps after that are not shown: to check every event, replace --to by --where \'timestamp < timestamp("2026-11-23T10:00:00.000Z")\'',
    ],
    [
      { ...unsearched, others: 2 },
      'order-events[1] and 2 more partitions were read to 1000 offsets after the first event at or after 2026-11-23T10:00:00.000Z; events with earlier timestamps after that are not shown: to check every event, replace --to by --where \'timestamp < timestamp("2026-11-23T10:00:00.000Z")\'',
    ],
    [
      { code: 'topics-awaited', topics: ['a', 'b'], existing: [] },
      'waiting for topic a, b to be created (no topic exists yet)',
    ],
    [
      { code: 'topics-awaited', topics: ['a'], existing: [...'bcdefghijklm'] },
      'waiting for topic a to be created (existing topics: b, c, d, e, f, g, h, i, j, k, …)',
    ],
    [
      { code: 'topics-awaited', topics: ['order-event'], similar: 'order-events', existing: ['order-events'] },
      'waiting for topic order-event to be created (did you mean order-events?)',
    ],
    [
      { code: 'nothing-committed', group: 'billing', topic: 'order-events', partition: 1 },
      'group billing has committed nothing on order-events[1]',
    ],
    [
      { code: 'group-at-end', group: 'billing', topic: 'order-events', partition: 1, offset: 7n },
      'group billing is at the end of order-events[1]: it has committed offset 7',
    ],
    [{ code: 'topic-added', topic: 'order-late' }, 'topic order-late was created and is followed too'],
    [
      { code: 'partitions-added', topic: 'order-events', partitions: [3, 4] },
      'partitions were added to order-events and are followed too: 3, 4',
    ],
  ] as const satisfies readonly (readonly [TailNotice, string])[]
  test.each(notices.map(([notice, text]) => ({ notice, text })))(
    'word the notice $notice.code as $text',
    ({ notice, text }) => {
      expect(tailNoticeText(notice, 'utc')).toBe(text)
    },
  )
})

test.each([
  [{ code: 'variants-as-types' }, 'the schema has no event types, so variants are used as Name.v1'],
  [{ code: 'no-samples', eventType: 'Paid.v1', reason: 'too deep' }, 'no samples of Paid.v1: too deep'],
] as const satisfies readonly (readonly [SampleWarning, string])[])(
  'a warning about samples has a sentence: %o',
  (warning, text) => {
    expect(sampleWarningText(warning)).toBe(text)
  },
)
