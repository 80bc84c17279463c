import { expect, test } from 'vitest'
import CheckLag from '../../src/commands/check/lag.ts'
import GroupsClone from '../../src/commands/groups/clone.ts'
import GroupsDelete from '../../src/commands/groups/delete.ts'
import GroupsDeleteOffsets from '../../src/commands/groups/delete-offsets.ts'
import GroupsDescribe from '../../src/commands/groups/describe.ts'
import GroupsMembers from '../../src/commands/groups/members.ts'
import Lag from '../../src/commands/lag.ts'
import Reset from '../../src/commands/reset.ts'
import TopicsAddPartitions from '../../src/commands/topics/add-partitions.ts'
import TopicsAlter from '../../src/commands/topics/alter.ts'
import TopicsDelete from '../../src/commands/topics/delete.ts'
import TopicsDescribe from '../../src/commands/topics/describe.ts'
import TopicsTrim from '../../src/commands/topics/trim.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { type Runnable, runCli } from './run-cli.ts'

const toStart = ['--to', 'start', '--yes']

test.each<[string, string, Runnable, ...string[]]>([
  ['topics describe', 'topic order-events', TopicsDescribe, 'order-event'],
  ['topics alter', 'topic order-events', TopicsAlter, 'order-event', '--config', 'retention.ms=1'],
  ['topics add-partitions', 'topic order-events', TopicsAddPartitions, 'order-event', '--to', '9'],
  ['topics trim', 'topic order-events', TopicsTrim, 'order-event', '--before', 'end'],
  ['topics delete', 'topic order-events', TopicsDelete, 'order-event', '--yes'],
  ['reset of a topic', 'topic order-events', Reset, '--group', 'billing', '--topic', 'order-event', ...toStart],
  ['reset of a group', 'group billing', Reset, '--group', 'biling', '--topic', 'order-events', ...toStart],
  ['groups describe', 'group billing', GroupsDescribe, 'biling'],
  ['groups members', 'group billing', GroupsMembers, 'biling'],
  ['groups clone', 'group billing', GroupsClone, 'biling', 'shipping', '--yes'],
  ['groups delete', 'group billing', GroupsDelete, 'biling', '--yes'],
  ['groups delete-offsets', 'group billing', GroupsDeleteOffsets, 'biling', '--topic', 'order-events', '--yes'],
  ['lag', 'group billing', Lag, '--group', 'biling'],
  ['check lag', 'group billing', CheckLag, '--group', 'biling', '--max-events', '1'],
])('%s suggests %s', async (_, similar, command, ...words) => {
  const broker = new MemoryBroker()
  await using bus = new InMemoryEventBus({ broker })
  await bus.admin.createTopic('order-events', { partitions: 1 })
  await bus.admin.commitOffsets('billing', [{ topic: 'order-events', partition: 0, offset: 0n }])

  const { stdout, stderr } = await runCli(command, words, { broker })

  expect(`${stdout}${stderr}`).toContain(`use ${similar}`)
})
