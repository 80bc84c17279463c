import { expect, test } from 'vitest'
import type { CaseEffects } from '../../../../src/operations/probe/effects.ts'
import { judgeProbe } from '../../../../src/operations/probe/judge.ts'
import type { ExpectedEffect, Scenario } from '../../../../src/operations/probe/probe.ts'

/** The effects of one case by `topic type`, and its dead letters by topic. */
function effects(
  scenario: Scenario,
  counts: Readonly<Record<string, number>>,
  { id = scenario as string, deadLetters = {} as Readonly<Record<string, number>> } = {},
): CaseEffects {
  return {
    case: { scenario, correlationId: id, records: [{ key: null, value: null }], messageIds: [] },
    counts: new Map(Object.entries(counts).map(([name, count]) => [name.replace(' ', '\n'), count])),
    deadLetters: new Map(Object.entries(deadLetters)),
  }
}

const judge = (all: readonly CaseEffects[], expected: readonly ExpectedEffect[] = [{ topic: 'out' }]) =>
  judgeProbe({ effects: all, expected, unread: new Map() })

const burst = (counts: readonly Readonly<Record<string, number>>[]) =>
  counts.map((own, at) => effects('burst', own, { id: `burst-${at}` }))

test('sums up the effects that events of a burst have too often and too rarely, with the first of these events', () => {
  const [, result] = judge([
    effects('once', { 'out A': 2, 'out B': 1 }),
    ...burst([{ 'out A': 2, 'out B': 1 }, { 'out A': 5, 'out B': 1 }, { 'out B': 1 }, {}]),
  ])
  const compared = { topic: 'out', comparedWith: 'once' }
  expect(result?.problems).toEqual([
    { code: 'duplicated', eventType: 'A', count: 3, expected: 8, correlationId: 'burst-1', cases: 1, ...compared },
    { code: 'lost', eventType: 'A', count: 4, expected: 8, correlationId: 'burst-2', cases: 2, ...compared },
    { code: 'lost', eventType: 'B', count: 1, expected: 4, correlationId: 'burst-3', cases: 1, ...compared },
  ])
  expect(result?.effects).toEqual([
    { topic: 'out', eventType: 'A', count: 7 },
    { topic: 'out', eventType: 'B', count: 3 },
  ])
})

test('compares two orders of events with each other, and not with a single event', () => {
  const results = judge([
    effects('once', { 'out A': 1 }),
    effects('in-order', { 'out A': 1, 'out B': 1 }),
    effects('out-of-order', { 'out A': 1, 'out B': 1 }),
  ])
  expect(results.map(({ converged }) => converged)).toEqual([true, true, true])
})

test('reports the missing effect of each scenario if the single event has none, and every dead letter', () => {
  const results = judge(
    [effects('once', {}), effects('twice', {}, { deadLetters: { 'a-dlq': 2, '': 1 } })],
    [{ topic: 'out', eventType: 'A' }],
  )
  expect(results.map(({ problems }) => problems)).toEqual([
    [{ code: 'effect-missing', topic: 'out', eventType: 'A' }],
    [
      { code: 'dead-letter', topic: undefined, count: 1, correlationId: 'twice' },
      { code: 'dead-letter', topic: 'a-dlq', count: 2, correlationId: 'twice' },
      { code: 'effect-missing', topic: 'out', eventType: 'A' },
    ],
  ])
})

test('accepts every type of an expected topic, and requires each expectation', () => {
  const [result] = judge([effects('once', { 'out A': 1 })], [{ topic: 'out' }, { topic: 'other' }])
  expect(result?.problems).toEqual([{ code: 'effect-missing', topic: 'other' }])
})
