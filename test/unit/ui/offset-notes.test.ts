import { expect, test } from 'vitest'
import type { LagReport, PartitionLag } from '../../../src/operations/lag/lag.ts'
import type { ResetPlan, ResetStep } from '../../../src/operations/reset/effects.ts'
import { lagNotes } from '../../../src/ui/format-lag.ts'
import { wordsOfReset } from '../../../src/ui/format-reset.ts'

const NOW = Date.UTC(2026, 10, 23, 10)

/** A report of one group on one partition of order-events. */
function reportOf(more: Partial<PartitionLag>, counts: 'records' | 'offsets' = 'records'): LagReport {
  const nobody = { member: undefined, client: undefined, host: undefined }
  const offsets = { committed: 2n, start: 0n, end: 7n, lastStable: 2n }
  const place = {
    lag: 5n,
    age: 12_000,
    rates: undefined,
    verdict: 'held-back',
    partition: 0,
    ...offsets,
    ...nobody,
    ...more,
  } as const
  const { lag, age, rates, verdict, gone } = place
  const summary = { lag, age, rates, verdict, counts, gone }
  const topics = [{ topic: 'order-events', ...summary, partitions: [place] }]
  return { sample: undefined, groups: [{ group: 'billing', state: 'Stable', members: 1, ...summary, topics }] }
}

test('the notes of a lag name the transaction that holds a group back, since when, and how to end it', () => {
  const transaction = { offset: 2n, since: NOW - 12_000 }
  expect(lagNotes(reportOf({ transaction }), NOW)).toEqual([
    'billing: a transaction is open in order-events[0] since 2026-11-23T09:59:48.000Z (12s) at offset 2 and holds back read-committed consumers; to end it: kafka-transactions.sh abort --topic order-events --partition 0 --start-offset 2',
  ])
  expect(lagNotes(reportOf({ transaction: { offset: 2n, since: undefined } }), NOW)).toEqual([
    expect.stringContaining('a transaction is open in order-events[0] at offset 2 and'),
  ])
})

test('the notes of a lag say what was deleted unread, and where offsets are counted', () => {
  expect(lagNotes(reportOf({ gone: 3n }), NOW)).toEqual([
    'billing: 3 events behind the committed offset were deleted unread from order-events[0]; LAG leaves them out',
  ])
  expect(lagNotes(reportOf({}, 'offsets'), NOW)).toEqual([
    'billing: LAG counts offsets of order-events, which is compacted: at most so many events wait',
  ])
  expect(lagNotes(reportOf({}, 'records'), NOW)).toEqual([])
})

test('a plan says of offsets that they are at most as many events', () => {
  const step: ResetStep = {
    ...{ topic: 'order-events', partition: 0, from: 2000n, to: 0n, start: 0n, end: 2000n, lastStable: 2000n },
    ...{ effect: 'replay', events: 2000n, offsets: 2000n, counts: 'offsets', first: null, last: null, clamped: null },
  }
  const plan: ResetPlan = {
    ...{ group: 'billing', bus: { kind: 'kafka', clusterId: 'c' }, to: 'start', plannedAt: NOW, state: 'Empty' },
    ...{ members: [], makesGroup: false, removesGroup: false, isExact: false, steps: [step], counts: 'offsets' },
    ...{ replayed: 2000n, skipped: 0n, sampled: 0, types: [], conversations: 0, sagas: 0, notes: [] },
  }

  const { shown, question } = wordsOfReset(plan)

  expect(shown).toMatch(/order-events +0 +2000 +0 +replay +≤2000 /)
  expect(shown).toContain('2000 offsets, at most as many events, delivered again\n')
  expect(question).toContain('2000 offsets, at most as many events, delivered again?')
  const counted = wordsOfReset({ ...plan, steps: [{ ...step, counts: 'records' }], counts: 'records' })
  expect(counted.shown).toContain('2000 events delivered again\n')
})
