import { describe, expect, test } from 'vitest'
import { judgeLag, type LagEvidence, type PartitionOffsets, worstVerdict } from '../../../src/operations/lag/verdict.ts'

const at = (committed: number | undefined, end = 100, start = 0): PartitionOffsets => ({
  committed: committed === undefined ? undefined : BigInt(committed),
  start: BigInt(start),
  end: BigInt(end),
})

const judgeOne = (current: PartitionOffsets, more: Partial<LagEvidence> = {}) =>
  judgeLag({ current, hasReader: true, hasWaiting: true, age: 60_000, ...more })

const judgeTwo = (before: PartitionOffsets, current: PartitionOffsets, more: Partial<LagEvidence> = {}) =>
  judgeOne(current, { before, elapsed: 10_000, ...more })

describe('the verdict of one snapshot', () => {
  test.each([
    ['no events wait', 'ok', at(100), {}],
    ['no events wait and no member reads', 'ok', at(100), { hasReader: false }],
    ['the remaining offsets hold no record', 'ok', at(99), { hasWaiting: false, hasReader: false }],
    ['events wait and no member reads', 'stopped', at(40), { hasReader: false }],
    ['events wait and a member reads', undefined, at(40), {}],
    ['events wait during a rebalance', undefined, at(40), { hasReader: undefined }],
    ['a young transaction is open before all waiting events', undefined, at(40), { isHeldBack: true, age: 9000 }],
    ['an old transaction is open before all waiting events', 'held-back', at(40), { isHeldBack: true, age: 10_000 }],
    ['a transaction is open and no member reads', 'stopped', at(40), { isHeldBack: true, hasReader: false }],
    ['nothing is committed and the partition holds events', 'never-committed', at(undefined), {}],
    ['nothing is committed and the partition is empty', 'ok', at(undefined, 7, 7), {}],
    ['the committed offset is behind the end', 'beyond-the-log', at(101), {}],
    ['retention has deleted the committed offset', 'beyond-the-log', at(3, 100, 4), {}],
    ['the topic does not exist', 'beyond-the-log', { committed: 4n, start: undefined, end: undefined }, {}],
  ])('when %s, the verdict is %s', (_, verdict, current, more) => {
    expect(judgeOne(current, more)).toBe(verdict)
  })
})

describe('the verdict of two snapshots', () => {
  test.each([
    ['the group has caught up', 'ok', at(40), at(100), {}],
    ['the lag shrinks', 'catching-up', at(40), at(60), {}],
    ['the lag grows although commits move', 'falling-behind', at(40), at(50, 200), {}],
    ['the lag stays the same although commits move', 'falling-behind', at(40), at(50, 110), {}],
    ['commits move without a member', 'catching-up', at(40), at(60), { hasReader: false }],
    ['nothing is committed during the sample', 'stalled', at(40), at(40), {}],
    ['nothing is committed during a sample of a commit interval', 'stalled', at(40), at(40), { elapsed: 5000 }],
    ['nothing is committed during a sample under a commit interval', undefined, at(40), at(40), { elapsed: 4999 }],
    ['nothing is committed at an open transaction', 'held-back', at(40), at(40), { isHeldBack: true }],
    ['commits reach an open transaction', 'held-back', at(40), at(60), { isHeldBack: true }],
    ['commits reach a transaction that began during the sample', 'ok', at(40), at(60), { isHeldBack: true, age: 9000 }],
    ['a transaction ends during the sample', 'ok', { ...at(40), lastStable: 40n }, at(40), { age: 9000 }],
    ['nothing is committed during a rebalance', 'stalled', at(40), at(40), { hasReader: undefined }],
    ['nothing is committed and no member reads', 'stopped', at(40), at(40), { hasReader: false }],
    ['the committed offset moves back', 'rewound', at(40), at(39), {}],
    ['the committed offset moves back and no member reads', 'rewound', at(40), at(39), { hasReader: false }],
    ['all waiting events arrived during the sample', 'ok', at(40), at(90), { age: 9000 }],
    ['events arrived during the sample and are not committed yet', 'ok', at(100), at(100, 103), { age: 4000 }],
    [
      'the group had caught up and the waiting events are older than the sample',
      'falling-behind',
      at(100),
      at(100, 103),
      {},
    ],
    ['the group commits for the first time', undefined, at(undefined), at(40), {}],
    ['the partition did not exist in the first snapshot', undefined, { ...at(40), end: undefined }, at(40), {}],
  ])('when %s, the verdict is %s', (_, verdict, before, current, more) => {
    expect(judgeTwo(before, current, more)).toBe(verdict)
  })
})

test('the worst verdict of the parts is the verdict of the whole', () => {
  expect(worstVerdict([])).toBe('ok')
  expect(worstVerdict(['ok', undefined])).toBeUndefined()
  expect(worstVerdict(['ok', 'catching-up', undefined])).toBe('catching-up')
  expect(worstVerdict(['stalled', 'stopped', 'rewound'])).toBe('stopped')
})
