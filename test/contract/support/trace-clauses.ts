import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import type { EventBus } from '../../../src/bus/event-bus.ts'
import { buildTrace } from '../../../src/operations/trace/build-trace.ts'
import { followConversation } from '../../../src/operations/trace/follow.ts'
import { gatherConversation } from '../../../src/operations/trace/gather.ts'
import type { GatherRequest } from '../../../src/operations/trace/gather-request.ts'
import { faults, type History, makeHistory } from '../../support/conversations.ts'
import type { Contract } from '../bus-contract.ts'
import { testSignal } from './harness.ts'

/** Histories begin so long ago that their last message is in the past, and that no broker has deleted the first one. */
const AGE_MS = 3 * 24 * 3_600_000

export function traceClauses({ bus }: Contract): void {
  const request = (more: Pick<GatherRequest, 'correlationId' | 'topics'>): GatherRequest => ({
    ...{ limit: 10_000, reading: {}, signal: testSignal(), onNotice: () => {} },
    ...more,
  })

  test('finds all messages of conversations among others, and exactly their faults', async () => {
    const prefix = `t-${randomUUID()}-`
    const start = Date.now() - AGE_MS
    const histories = faults.flatMap((fault) => firstHistory(fault, start) ?? [])
    expect(histories).toHaveLength(faults.length)
    const starts = await appendAll(bus(), prefix, histories)

    for (const [at, { correlationId, topics, expected, now, records }] of histories.entries()) {
      const searched = topics.map((topic) => `${prefix}${topic}`)
      const gathered = await gatherConversation(bus(), request({ correlationId, topics: searched }))
      expect(gathered.messages, correlationId).toHaveLength(records.length)
      const options = { correlationId, topics: searched, now, overdue: 60_000, isComplete: gathered.isComplete }
      const { messages, findings } = buildTrace(gathered.messages, options)
      const placeOf = (index: number) => {
        const { topic = '', offset = 0n } = messages[index]?.message ?? {}
        const name = topic.slice(prefix.length)
        return `${name}@${offset - (starts[at]?.get(name) ?? 0n)}`
      }
      const found = findings.map(({ code, messages: own }) => [code, ...own.map(placeOf).sort()].join(' '))
      expect(found.sort(), correlationId).toEqual(expected)
    }
  }, 120_000)

  test('follows a conversation from the end of the search on', async () => {
    const prefix = `t-${randomUUID()}-`
    const history = makeHistory(1, 'none', Date.now() - AGE_MS) as History
    await appendAll(bus(), prefix, [{ ...history, records: [] }])
    const topics = history.topics.map((topic) => `${prefix}${topic}`)
    const { correlationId } = history
    const gathered = await gatherConversation(bus(), request({ correlationId, topics }))
    expect(gathered.messages).toEqual([])

    const stop = new AbortController()
    const followed = followConversation(bus(), {
      ...{ correlationId, gathered, reading: {}, signal: stop.signal },
      onNotice: () => {},
    })
    const first = followed.next()
    await appendAll(bus(), prefix, [history, makeHistory(2, 'none') as History], true)
    let count = (await first).value?.length ?? 0
    while (count < history.records.length) count += (await followed.next()).value?.length ?? 0
    stop.abort()
    expect(count).toBe(history.records.length)
    expect(await followed.next()).toEqual({ done: true, value: undefined })
  }, 60_000)
}

/** Returns the first history of some seeds that has room for the fault. */
function firstHistory(fault: (typeof faults)[number], start: number): History | undefined {
  for (let seed = 7; seed < 50; seed += 1) {
    const history = makeHistory(seed, fault, start)
    if (history !== undefined) return history
  }
  return undefined
}

/** Appends the records of histories to topics with a prefix. Returns for each history the offset of its first record by topic. */
async function appendAll(
  bus: EventBus,
  prefix: string,
  histories: readonly History[],
  exist = false,
): Promise<readonly ReadonlyMap<string, bigint>[]> {
  const topics = histories[0]?.topics ?? []
  if (!exist) for (const topic of topics) await bus.admin.createTopic(`${prefix}${topic}`, { partitions: 1 })
  const next = new Map<string, bigint>()
  const starts: ReadonlyMap<string, bigint>[] = []
  for (const { records } of histories) {
    starts.push(new Map(next))
    for (const topic of topics) {
      const own = records.filter((record) => record.topic === topic).sort((a, b) => Number(a.offset - b.offset))
      await bus.log.append(`${prefix}${topic}`, own)
      next.set(topic, (next.get(topic) ?? 0n) + BigInt(own.length))
    }
  }
  return starts
}
