import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { positionName } from '../../../src/bus/names/names.ts'
import type { BusRecord } from '../../../src/bus/record.ts'
import { decodeRecord } from '../../../src/codecs/event-record.ts'
import { EmbeddedEventBus } from '../../../src/drivers/embedded/embedded-event-bus.ts'
import { InMemoryEventBus } from '../../../src/drivers/memory/in-memory-event-bus.ts'
import { newFolder, readAll, tailCorrelation } from './support/index-topics.ts'
import { applySteps, historySteps, TOPICS } from './support/random-history.ts'
import { correlationIds } from './support/random-records.ts'

const hasCorrelation = (id: string) => (record: BusRecord) => {
  const decoded = record.value === null ? undefined : decodeRecord({ ...record, value: record.value })
  return decoded?.ok === true && decoded.event.metadata?.correlationId === id
}

describe.each([
  ['in memory', 60, () => new InMemoryEventBus({ createTopics: true })],
  ['embedded', 25, () => new EmbeddedEventBus({ path: join(newFolder(), 'bus.db') })],
] as const)('on a bus %s', (_, numRuns, open) => {
  test('tail shows the same events of a correlation id in the same order with and without an index', {
    timeout: 60_000,
  }, async () => {
    const folder = newFolder()
    let run = 0
    await fc.assert(
      fc.asyncProperty(historySteps, async (steps) => {
        await using bus = open()
        run += 1
        const indexPath = join(folder, `${run}.db`)
        await applySteps(bus, indexPath, steps)
        const records = (await Promise.all(TOPICS.map((name) => readAll(bus, name)))).flat()
        for (const correlationId of correlationIds) {
          const from = { kind: 'start' } as const
          const all = await tailCorrelation(bus, { topics: TOPICS, correlationId, from, indexPath })
          expect([...all.positions].sort()).toEqual(
            records.filter(hasCorrelation(correlationId)).map(positionName).sort(),
          )
          for (const range of [
            { from: { kind: 'start' as const } },
            { from: { kind: 'start' as const }, to: { kind: 'time' as const, time: 1_700_000_000_010n } },
            { from: { kind: 'beforeEnd' as const, count: 7n } },
            { last: 3 },
          ]) {
            const request = { topics: TOPICS, correlationId, ...range } as const
            const without = await tailCorrelation(bus, request)
            const withIndex = await tailCorrelation(bus, { ...request, indexPath })
            expect(withIndex.positions).toEqual(without.positions)
          }
        }
      }),
      { numRuns },
    )
  })
})
