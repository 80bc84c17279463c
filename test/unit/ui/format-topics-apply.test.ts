import { expect, test } from 'vitest'
import { formatTopicsApply } from '../../../src/ui/topics/format-topics-apply.ts'

test('a plan for declared topics says once what several topics have in common', () => {
  const notes = ['a-events', 'b-events'].map((topic) => ({ code: 'partitions-added', topic, from: 1, to: 2 }) as const)
  const plan = { create: [], change: [], same: ['a-events'], notes }
  expect(formatTopicsApply(plan, [], undefined).split('\n').slice(-2)).toEqual([
    'note: a-events, b-events: with more partitions a key can map to another partition, so its old and new events may be read out of order',
    '',
  ])
})
