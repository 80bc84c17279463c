import { expect, test } from 'vitest'
import { assignRange } from '../../../src/drivers/assignment.ts'

const counts: Readonly<Record<string, number>> = { a: 4, b: 3, c: 2, none: 0 }

/** The assignment as text by member, such as `a0 a1 b0`. */
const assigned = (members: Readonly<Record<string, readonly string[]>>) => {
  const list = Object.entries(members).map(([memberId, topics]) => ({ memberId, topics }))
  const assignment = assignRange(list, (topic) => counts[topic] ?? 0)
  return Object.fromEntries(
    [...assignment].map(([member, places]) => [
      member,
      places.map(({ topic, partition }) => `${topic}${partition}`).join(' '),
    ]),
  )
}

test.each([
  ['no members', {}, {}],
  ['one member', { m: ['a'] }, { m: 'a0 a1 a2 a3' }],
  ['two members with equal shares', { m: ['a'], n: ['a'] }, { m: 'a0 a1', n: 'a2 a3' }],
  ['one more partition for the first member', { m: ['b'], n: ['b'] }, { m: 'b0 b1', n: 'b2' }],
  ['each topic separately', { m: ['b', 'c'], n: ['b', 'c'] }, { m: 'b0 b1 c0', n: 'b2 c1' }],
  ['more members than partitions', { m: ['c'], n: ['c'], o: ['c'] }, { m: 'c0', n: 'c1', o: '' }],
  ['members sorted by id', { z: ['b'], k: ['b'] }, { k: 'b0 b1', z: 'b2' }],
  ['only the members that subscribed', { m: ['a'], n: ['a', 'c'], o: ['c'] }, { m: 'a0 a1', n: 'a2 a3 c0', o: 'c1' }],
  ['a topic without partitions', { m: ['none', 'c'] }, { m: 'c0 c1' }],
])('assigns %s', (_, members, expected) => {
  expect(assigned(members)).toEqual(expected)
})

test('assigns every partition to exactly one member, for all numbers of members and partitions', () => {
  for (let members = 1; members <= 7; members += 1) {
    for (let partitions = 0; partitions <= 20; partitions += 1) {
      const list = Array.from({ length: members }, (_, index) => ({ memberId: `m${index}`, topics: ['t'] }))
      const shares = [...assignRange(list, () => partitions).values()]

      expect(shares.flat().map(({ partition }) => partition)).toEqual(Array.from({ length: partitions }, (_, p) => p))
      const sizes = shares.map(({ length }) => length)
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
    }
  }
})
