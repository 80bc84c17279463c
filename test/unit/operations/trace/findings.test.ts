import { describe, expect, test } from 'vitest'
import { buildTrace } from '../../../../src/operations/trace/build-trace.ts'
import { conversationTest } from '../../../../src/operations/trace/match.ts'
import { toMessage } from '../../../../src/operations/trace/message.ts'
import { faults, type History, independent, makeHistory } from '../../../support/conversations.ts'

const HISTORIES = 150
const SEEDS_OF_PAIRS = 12

/** The findings of a history, as the generator writes those that it expects. */
function findingsOf({ records, correlationId, topics, now, withoutMetadata }: History): readonly string[] {
  const belongs = conversationTest(correlationId)
  const gathered = records
    .filter((record) => belongs(record) || withoutMetadata.includes(`${record.topic}@${record.offset}`))
    .map((record) => toMessage(record, {}))
  expect(gathered).toHaveLength(records.length)
  const { messages, findings } = buildTrace(gathered, { correlationId, topics, now, overdue: 60_000, isComplete: true })
  const placeOf = (index: number) => `${messages[index]?.message.topic}@${messages[index]?.message.offset}`
  return findings.map(({ code, messages: own }) => [code, ...own.map(placeOf).sort()].join(' ')).sort()
}

describe('the findings of a trace', () => {
  test.each(faults)('are exactly the faults of generated histories, with precision and recall 1: %s', (fault) => {
    let [expectedCount, foundCount, rightCount, histories] = [0, 0, 0, 0]
    for (let seed = 1; seed <= HISTORIES; seed += 1) {
      const history = makeHistory(seed, fault)
      if (history === undefined) continue
      histories += 1
      const found = findingsOf(history)
      const right = found.filter((finding) => history.expected.includes(finding))
      expectedCount += history.expected.length
      foundCount += found.length
      rightCount += right.length
      expect(found, `seed ${seed}`).toEqual(history.expected)
    }
    const share = (part: number, whole: number) => (whole === 0 ? 1 : part / whole)
    expect(histories).toBeGreaterThan(HISTORIES / 4)
    expect({ precision: share(rightCount, foundCount), recall: share(rightCount, expectedCount) }).toEqual({
      precision: 1,
      recall: 1,
    })
  })

  test('are exactly the faults of histories with two of them', () => {
    let histories = 0
    for (const first of independent) {
      for (const second of independent) {
        // One finding lists all dead letters with the same reason.
        if (first === 'dead-letter' && second === first) continue
        for (let seed = 1; seed <= SEEDS_OF_PAIRS; seed += 1) {
          const history = makeHistory(seed, first, undefined, second)
          if (history === undefined) continue
          histories += 1
          expect(findingsOf(history), `${first} and ${second}, seed ${seed}`).toEqual(history.expected)
        }
      }
    }
    expect(histories).toBeGreaterThan(independent.length ** 2)
  })
})
