import { beforeEach, describe, expect, test } from 'vitest'
import type { TopicDescription } from '../../../src/bus/admin.ts'
import { InMemoryEventBus } from '../../../src/drivers/memory/in-memory-event-bus.ts'
import { checkTopicState } from '../../../src/operations/check/check-topic.ts'
import type { ResetPlan } from '../../../src/operations/reset/plan.ts'
import { requireFresh } from '../../../src/operations/reset/preconditions.ts'
import { formatScaffold } from '../../../src/ui/format-scaffold.ts'
import { withAdmin } from '../../support/with-admin.ts'

/** More than the arguments that one call of a function can take. */
const COUNT = 150_000

const topic = 'order-events'
const partitions = Array.from({ length: COUNT }, (_, partition) => partition)

describe('lists longer than the arguments of a call', () => {
  let bus: InMemoryEventBus
  beforeEach(() => {
    bus = new InMemoryEventBus({ createTopics: true })
    return () => bus.close()
  })

  test('check topic finds the fewest replicas of 150,000 partitions', async () => {
    const summary = { topic, partitions: COUNT, replication: 3, internal: false, underReplicated: 0, leaderless: 0 }
    const layout = partitions.map((partition) => {
      const replicas = partition === COUNT - 1 ? [1] : [1, 2, 3]
      return { partition, leader: 1, replicas, inSync: replicas }
    })
    const described: TopicDescription = { ...summary, layout, config: new Map() }
    const large = withAdmin(bus, { listTopics: async () => [summary], describeTopic: async () => described })

    const { signal } = new AbortController()
    expect(await checkTopicState(large, { topic, replication: 3, now: Date.now, signal })).toMatchObject({
      status: 'critical',
      findings: [{ code: 'replication-differs', is: 1, expected: 3 }],
    })
  })

  test('a plan to delete a group is stale when 150,000 partitions were committed since', async () => {
    const committed = partitions.map((partition) => ({ topic, partition, offset: 1n }))
    const plan: ResetPlan = {
      ...{
        group: 'billing',
        bus: { kind: 'memory', clusterId: 'c' },
        to: 'no offsets',
        plannedAt: '2026-11-23T10:00:00.000Z',
        state: 'Empty',
      },
      ...{ memberIds: [], makesGroup: false, removesGroup: true, isExact: false, steps: [], counts: 'records' },
      ...{ replayed: 0n, skipped: 0n, sampled: 0, types: [], conversationCount: 0, sagaCount: 0, notes: [] },
    }
    await expect(requireFresh(withAdmin(bus, { committedOffsets: async () => committed }), plan)).rejects.toMatchObject(
      {
        code: 'PLAN_STALE',
        message: expect.stringMatching(
          /^the plan is stale: order-events\[0\] was committed after the plan was made, .*, 149995 more;/,
        ),
      },
    )
  })
})

// Draws a tree of 150,000 files.
test('the tree of a scaffold shows 150,000 files of one folder', { timeout: 120_000 }, () => {
  const files = partitions.map((number) => ({
    path: `src/${number}.ts`,
    action: 'create',
    before: undefined,
    after: '',
  }))

  const lines = formatScaffold('shop', files).split('\n')

  expect(lines).toHaveLength(COUNT + 3)
  expect(lines.slice(0, 3)).toEqual(['shop/', '└─ src/', '   ├─ 0.ts       create'])
  expect(lines.at(-2)).toBe('   └─ 149999.ts  create')
})
