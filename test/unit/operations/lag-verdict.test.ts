import { describe, expect, test } from 'vitest'
import { judgeLag, type LagEvidence, type LagLook, worstVerdict } from '../../../src/operations/lag/verdict.ts'

const at = (committed: number | undefined, end = 100, start = 0): LagLook => ({
  committed: committed === undefined ? undefined : BigInt(committed),
  start: BigInt(start),
  end: BigInt(end),
})

const one = (look: LagLook, more: Partial<LagEvidence> = {}) =>
  judgeLag({ look, hasReader: true, hasWaiting: true, age: 60_000, ...more })

const two = (before: LagLook, look: LagLook, more: Partial<LagEvidence> = {}) =>
  one(look, { before, elapsed: 10_000, ...more })

describe('one look', () => {
  test.each([
    ['nothing waits', at(100), {}, 'ok'],
    ['nothing waits and nobody reads', at(100), { hasReader: false }, 'ok'],
    ['what is left holds no record', at(99), { hasWaiting: false, hasReader: false }, 'ok'],
    ['events wait and nobody reads', at(40), { hasReader: false }, 'stopped'],
    ['events wait and somebody reads', at(40), {}, undefined],
    ['events wait during a rebalance', at(40), { hasReader: undefined }, undefined],
    ['a young transaction is open before all that waits', at(40), { isHeldBack: true, age: 9000 }, undefined],
    ['an old transaction is open before all that waits', at(40), { isHeldBack: true, age: 10_000 }, 'held-back'],
    ['a transaction is open and nobody reads', at(40), { isHeldBack: true, hasReader: false }, 'stopped'],
    ['nothing committed, and events are there', at(undefined), {}, 'never-committed'],
    ['nothing committed, and no events are there', at(undefined, 7, 7), {}, 'ok'],
    ['committed behind the end', at(101), {}, 'beyond-the-log'],
    ['committed what retention has deleted', at(3, 100, 4), {}, 'beyond-the-log'],
    ['the topic is gone', { committed: 4n, start: undefined, end: undefined }, {}, 'beyond-the-log'],
  ])('%s', (_, look, more, verdict) => {
    expect(one(look, more)).toBe(verdict)
  })
})

describe('two looks', () => {
  test.each([
    ['caught up meanwhile', at(40), at(100), {}, 'ok'],
    ['the lag shrinks', at(40), at(60), {}, 'catching-up'],
    ['the lag grows although commits move', at(40), at(50, 200), {}, 'falling-behind'],
    ['the lag stays although commits move', at(40), at(50, 110), {}, 'falling-behind'],
    ['commits move without a member', at(40), at(60), { hasReader: false }, 'catching-up'],
    ['commits stand still', at(40), at(40), {}, 'stalled'],
    ['commits stand still at an open transaction', at(40), at(40), { isHeldBack: true }, 'held-back'],
    ['commits reached an open transaction', at(40), at(60), { isHeldBack: true }, 'held-back'],
    ['commits reached a transaction begun during the sample', at(40), at(60), { isHeldBack: true, age: 9000 }, 'ok'],
    ['a transaction ended during the sample', { ...at(40), lastStable: 40n }, at(40), { age: 9000 }, 'ok'],
    ['commits stand still during a rebalance', at(40), at(40), { hasReader: undefined }, 'stalled'],
    ['commits stand still and nobody reads', at(40), at(40), { hasReader: false }, 'stopped'],
    ['commits went back', at(40), at(39), {}, 'rewound'],
    ['commits went back and nobody reads', at(40), at(39), { hasReader: false }, 'rewound'],
    ['all that waits came during the sample', at(40), at(90), { age: 9000 }, 'ok'],
    ['came during the sample, nothing committed yet', at(100), at(100, 103), { age: 4000 }, 'ok'],
    ['was caught up, and what waits is older than the sample', at(100), at(100, 103), {}, 'falling-behind'],
    ['committed for the first time', at(undefined), at(40), {}, undefined],
    ['the partition was not there at the first look', { ...at(40), end: undefined }, at(40), {}, undefined],
  ])('%s', (_, before, look, more, verdict) => {
    expect(two(before, look, more)).toBe(verdict)
  })
})

test('a whole is as bad as the worst of its parts', () => {
  expect(worstVerdict([])).toBe('ok')
  expect(worstVerdict(['ok', undefined])).toBeUndefined()
  expect(worstVerdict(['ok', 'catching-up', undefined])).toBe('catching-up')
  expect(worstVerdict(['stalled', 'stopped', 'rewound'])).toBe('stopped')
})
