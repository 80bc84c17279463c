import { expect, test } from 'vitest'
import type { Contract } from '../bus-contract.ts'
import { badTopics, eventually, newTopic, numbered, numberedList, take, uniqueGroup, uniqueTopic } from './harness.ts'

export function adminClauses({ bus, open }: Contract): void {
  const topicNames = async () => (await bus().admin.listTopics()).map(({ topic }) => topic)

  test('creates a topic that every client can list, describe, write and read at once', async () => {
    const topic = uniqueTopic()

    await bus().admin.createTopic(topic, { partitions: 2, config: { 'retention.ms': '86400000' } })

    const other = await open()
    const listed = (await other.admin.listTopics()).find((summary) => summary.topic === topic)
    expect(listed).toEqual({
      ...{ topic, partitions: 2, replication: 1, internal: false },
      ...{ underReplicated: 0, leaderless: 0 },
    })
    const described = await other.admin.describeTopic(topic)
    expect(described).toMatchObject({ topic, partitions: 2, replication: 1, internal: false })
    expect(described.layout.map(({ partition }) => partition)).toEqual([0, 1])
    for (const { leader, replicas, inSync } of described.layout) {
      expect(replicas).toEqual([leader])
      expect(inSync).toEqual([leader])
    }
    expect(described.config.get('retention.ms')).toBe('86400000')
    expect(await other.log.ranges(topic)).toHaveLength(2)
    expect(await other.publish(topic, numbered(1))).toMatchObject([{ topic, offset: 0n }])
  })

  test('creates 3 partitions by default', async () => {
    const topic = uniqueTopic()

    await bus().admin.createTopic(topic)

    expect(await bus().admin.describeTopic(topic)).toMatchObject({ partitions: 3 })
  })

  test('lists topics sorted by name', async () => {
    await Promise.all([newTopic(bus()), newTopic(bus()), newTopic(bus())])

    const names = await topicNames()

    expect(names).toEqual([...names].sort())
    expect(names.length).toBeGreaterThanOrEqual(3)
  })

  test('refuses to create a topic that exists', async () => {
    const topic = await newTopic(bus(), 2)

    await expect((await open()).admin.createTopic(topic, { partitions: 1 })).rejects.toMatchObject({
      code: 'TOPIC_EXISTS',
      topic,
    })
    expect(await bus().log.ranges(topic)).toHaveLength(2)
  })

  test.each(badTopics)('refuses to create a topic whose name is $called', async ({ topic }) => {
    await expect(bus().admin.createTopic(topic)).rejects.toMatchObject({ code: 'INVALID_TOPIC', topic })
  })

  test('refuses to create a topic without partitions', async () => {
    const topic = uniqueTopic()

    await expect(bus().admin.createTopic(topic, { partitions: 0 })).rejects.toMatchObject({ code: 'INVALID_TOPIC' })
    expect(await topicNames()).not.toContain(topic)
  })

  test('reports a missing topic on describe and delete', async () => {
    const topic = uniqueTopic()

    await expect(bus().admin.describeTopic(topic)).rejects.toMatchObject({ code: 'TOPIC_NOT_FOUND', topic })
    await expect(bus().admin.deleteTopic(topic)).rejects.toMatchObject({ code: 'TOPIC_NOT_FOUND', topic })
  })

  test('adds partitions that every client can write and read at once', async () => {
    const topic = await newTopic(bus(), 2)
    const other = await open()
    await bus().publish(topic, numberedList(3))
    const before = await other.log.ranges(topic)

    await bus().admin.addPartitions(topic, 4)

    expect(await other.admin.describeTopic(topic)).toMatchObject({ partitions: 4 })
    expect((await other.log.ranges(topic)).slice(0, 2)).toEqual(before)
    const record = { key: null, value: Buffer.from('new'), partition: 3 }
    expect(await bus().log.append(topic, [record])).toEqual([{ topic, partition: 3, offset: 0n }])
    expect((await other.log.ranges(topic)).map(({ end }) => end).slice(2)).toEqual([0n, 1n])
  })

  test('writes to a partition that another client added after the last write', async () => {
    const topic = await newTopic(bus(), 1)
    const writer = await open()
    await writer.publish(topic, numbered(1))

    await bus().admin.addPartitions(topic, 2)

    const record = { key: null, value: Buffer.from('new'), partition: 1 }
    expect(await writer.log.append(topic, [record])).toEqual([{ topic, partition: 1, offset: 0n }])
  })

  test('assigns added partitions to a running group, which reads them from their first event', async () => {
    const topic = await newTopic(bus(), 1)
    const group = uniqueGroup()
    const stream = await (await open()).subscribe([topic], { group, autoOffsetReset: 'latest' })
    await bus().publish(topic, numbered(1))
    await take(stream, 1)

    await bus().admin.addPartitions(topic, 2)
    // Appended before a member can notice the partition. `latest` was fixed when the member joined.
    await bus().log.append(topic, [{ key: null, value: null, partition: 1 }])

    // The leader of a Kafka group checks for new partitions every 30 s.
    const assigned = async () =>
      (await bus().admin.describeGroup(group)).members.flatMap(({ assignment }) =>
        assignment.map((one) => one.partition),
      )
    await eventually(async () => expect(await assigned()).toEqual([0, 1]), 90_000)
    const [first] = await take(stream, 1)
    expect(first?.record).toMatchObject({ partition: 1, offset: 0n })
    await stream.close()
  }, 120_000)

  test.each([1, 2])('refuses to set the number of partitions to %i for a topic with 2', async (partitions) => {
    const topic = await newTopic(bus(), 2)

    await expect(bus().admin.addPartitions(topic, partitions)).rejects.toMatchObject({ code: 'REFUSED', topic })
    expect(await bus().admin.describeTopic(topic)).toMatchObject({ partitions: 2 })
  })

  test('changes the given settings of a topic and no others', async () => {
    const topic = uniqueTopic()
    const config = { 'retention.ms': '86400000', 'max.message.bytes': '2000000' }
    await bus().admin.createTopic(topic, { partitions: 1, config })

    await bus().admin.setTopicConfig(topic, { 'retention.ms': '3600000', 'segment.ms': '600000' })

    const { config: now } = await (await open()).admin.describeTopic(topic)
    expect([...now]).toEqual([
      ['max.message.bytes', '2000000'],
      ['retention.ms', '3600000'],
      ['segment.ms', '600000'],
    ])
  })

  test('removes a setting of a topic, so that the default applies again', async () => {
    const topic = uniqueTopic()
    const config = { 'retention.ms': '86400000', 'max.message.bytes': '2000000' }
    await bus().admin.createTopic(topic, { partitions: 1, config })

    await bus().admin.setTopicConfig(topic, { 'retention.ms': null, 'max.message.bytes': '3000000' })

    expect([...(await (await open()).admin.describeTopic(topic)).config]).toEqual([['max.message.bytes', '3000000']])
  })

  test('reports the settings of a topic with their sources', async () => {
    const topic = uniqueTopic()
    await bus().admin.createTopic(topic, { partitions: 1, config: { 'retention.ms': '86400000' } })

    const settings = await bus().admin.topicSettings(topic)

    const own = settings.filter(({ source }) => source === 'topic')
    expect(own).toMatchObject([{ name: 'retention.ms', value: '86400000' }])
    const names = settings.map(({ name }) => name)
    expect(names).toEqual([...names].sort())
  })

  test('checks settings without changing them', async () => {
    const topic = await newTopic(bus())

    await bus().admin.validateTopicConfig(topic, { 'retention.ms': '3600000', 'segment.ms': null })

    expect((await bus().admin.describeTopic(topic)).config.size).toBe(0)
    const missing = bus().admin.validateTopicConfig(uniqueTopic(), { 'retention.ms': '1' })
    await expect(missing).rejects.toMatchObject({ code: 'TOPIC_NOT_FOUND' })
  })

  test('reports a missing topic when it is changed', async () => {
    const topic = uniqueTopic()

    await expect(bus().admin.addPartitions(topic, 2)).rejects.toMatchObject({ code: 'TOPIC_NOT_FOUND', topic })
    const change = bus().admin.setTopicConfig(topic, { 'retention.ms': '1' })
    await expect(change).rejects.toMatchObject({ code: 'TOPIC_NOT_FOUND', topic })
  })

  test('deletes a topic for every client, and a new topic of the same name starts at offset 0', async () => {
    const topic = await newTopic(bus())
    const other = await open()
    await bus().publish(topic, numberedList(3))

    await bus().admin.deleteTopic(topic)

    expect(await topicNames()).not.toContain(topic)
    await expect(bus().log.ranges(topic)).rejects.toMatchObject({ code: 'TOPIC_NOT_FOUND' })
    await expect(other.admin.describeTopic(topic)).rejects.toMatchObject({ code: 'TOPIC_NOT_FOUND' })
    // A broker may need a moment to remove the old topic.
    await eventually(() => bus().admin.createTopic(topic, { partitions: 1 }))
    expect(await bus().publish(topic, numbered(9))).toEqual([{ topic, partition: 0, offset: 0n }])
  })

  test('deletes the committed offsets of a deleted topic and no others', async () => {
    const [deleted, kept] = [await newTopic(bus()), await newTopic(bus())]
    const group = uniqueGroup()
    await bus().admin.commitOffsets(
      group,
      [deleted, kept].map((topic) => ({ topic, partition: 0, offset: 0n })),
    )

    await bus().admin.deleteTopic(deleted)

    await eventually(async () =>
      expect(await bus().admin.committedOffsets(group)).toEqual([{ topic: kept, partition: 0, offset: 0n }]),
    )
  })

  test('describes an unknown group as Dead', async () => {
    const group = uniqueGroup()

    expect(await bus().admin.describeGroup(group)).toMatchObject({ group, state: 'Dead', members: [] })
    expect(await bus().admin.committedOffsets(group)).toEqual([])
  })

  test('lists and describes a group while it has members and after they have left', async () => {
    const topic = await newTopic(bus(), 2)
    const group = uniqueGroup()
    await bus().publish(topic, numberedList(2))
    const stream = await (await open()).subscribe([topic], { group, autoOffsetReset: 'earliest' })
    await take(stream, 2)

    const listed = (await bus().admin.listGroups()).find((summary) => summary.group === group)
    expect(listed).toEqual({ group, protocolType: 'consumer' })
    const running = await bus().admin.describeGroup(group)
    expect(running).toMatchObject({ group, state: 'Stable', protocolType: 'consumer' })
    expect(running.protocol).not.toBe('')
    expect(running.members).toHaveLength(1)
    const [member] = running.members
    expect(member?.memberId).not.toBe('')
    expect(member?.assignment).toEqual([
      { topic, partition: 0 },
      { topic, partition: 1 },
    ])

    await stream.close()
    await eventually(async () =>
      expect(await bus().admin.describeGroup(group)).toMatchObject({ state: 'Empty', members: [] }),
    )
    expect((await bus().admin.listGroups()).map((summary) => summary.group)).toContain(group)
  })

  test('lists groups sorted by name', async () => {
    const topic = await newTopic(bus())
    const groups = [uniqueGroup(), uniqueGroup(), uniqueGroup()]
    for (const group of groups) await bus().admin.commitOffsets(group, [{ topic, partition: 0, offset: 0n }])

    const listed = (await bus().admin.listGroups()).map(({ group }) => group)

    expect(listed).toEqual([...listed].sort())
    expect(listed).toEqual(expect.arrayContaining(groups))
  })

  test('returns committed offsets sorted, of all topics or of the given ones', async () => {
    const topics = [await newTopic(bus(), 3), await newTopic(bus(), 3)].sort() as [string, string]
    const group = uniqueGroup()
    await bus().publish(topics[0], numberedList(3))

    await bus().admin.commitOffsets(group, [
      { topic: topics[1], partition: 2, offset: 0n },
      { topic: topics[0], partition: 2, offset: 3n },
      { topic: topics[0], partition: 0, offset: 0n },
    ])

    const ofFirst = [
      { topic: topics[0], partition: 0, offset: 0n },
      { topic: topics[0], partition: 2, offset: 3n },
    ]
    const other = await open()
    expect(await other.admin.committedOffsets(group)).toEqual([
      ...ofFirst,
      { topic: topics[1], partition: 2, offset: 0n },
    ])
    expect(await other.admin.committedOffsets(group, [topics[0]])).toEqual(ofFirst)
    expect(await other.admin.committedOffsets(group, [])).toEqual([])
  })

  test('changes one committed offset and keeps the others', async () => {
    const topic = await newTopic(bus(), 2)
    const group = uniqueGroup()
    await bus().admin.commitOffsets(
      group,
      [0, 1].map((partition) => ({ topic, partition, offset: 0n })),
    )

    await bus().admin.commitOffsets(group, [{ topic, partition: 1, offset: 7n }])

    expect((await bus().admin.committedOffsets(group)).map(({ offset }) => offset)).toEqual([0n, 7n])
  })

  test('stores metadata and leader epoch with an offset, and removes them at a commit without them', async () => {
    const topic = await newTopic(bus(), 3)
    const group = uniqueGroup()
    const place = (partition: number) => ({ topic, partition, offset: 0n })
    const commits = [
      { ...place(0), metadata: 'made by hand: "ä"', leaderEpoch: 3 },
      { ...place(1), leaderEpoch: 0 },
      { ...place(2), metadata: '' },
    ]
    await bus().admin.commitOffsets(group, commits)

    const kept = [commits[0], commits[1], place(2)]
    expect(await (await open()).admin.committedOffsets(group)).toEqual(kept)
    expect(await bus().admin.committedOffsetsOf([group])).toEqual([kept])

    await bus().admin.commitOffsets(group, [place(0)])
    expect(await bus().admin.committedOffsets(group)).toEqual([place(0), commits[1], place(2)])
  })

  test('drops commit metadata when a member commits', async () => {
    const topic = await newTopic(bus())
    const group = uniqueGroup()
    await bus().publish(topic, numberedList(3))
    await bus().admin.commitOffsets(group, [{ topic, partition: 0, offset: 0n, metadata: 'before', leaderEpoch: 0 }])
    const stream = await (await open()).subscribe([topic], { group, autoOffsetReset: 'earliest' })
    await take(stream, 2)
    await stream.close()

    const [found] = await bus().admin.committedOffsets(group)
    expect(found).toMatchObject({ offset: 1n })
    expect(found?.metadata).toBeUndefined()
  })

  test('refuses to commit for a group with members, and commits once they have left', async () => {
    const topic = await newTopic(bus())
    const group = uniqueGroup()
    await bus().publish(topic, numberedList(3))
    const stream = await (await open()).subscribe([topic], { group, autoOffsetReset: 'earliest' })
    await take(stream, 2)
    const target = [{ topic, partition: 0, offset: 0n }]

    await expect(bus().admin.commitOffsets(group, target)).rejects.toMatchObject({ code: 'GROUP_ACTIVE', group })
    await stream.close()
    expect(await bus().admin.committedOffsets(group)).toEqual([{ topic, partition: 0, offset: 1n }])
    await eventually(() => bus().admin.commitOffsets(group, target))

    expect(await bus().admin.committedOffsets(group)).toEqual(target)
  })

  test('refuses to commit an offset of a missing topic', async () => {
    const position = { topic: uniqueTopic(), partition: 0, offset: 0n }

    await expect(bus().admin.commitOffsets(uniqueGroup(), [position])).rejects.toMatchObject({
      code: 'TOPIC_NOT_FOUND',
    })
  })

  test('deletes the committed offsets of the given partitions and no others', async () => {
    const topic = await newTopic(bus(), 3)
    const group = uniqueGroup()
    await bus().admin.commitOffsets(
      group,
      [0, 1].map((partition) => ({ topic, partition, offset: 0n })),
    )

    await bus().admin.deleteOffsets(group, [
      { topic, partition: 1 },
      { topic, partition: 2 },
      { topic: uniqueTopic(), partition: 0 },
    ])

    expect(await bus().admin.committedOffsets(group)).toEqual([{ topic, partition: 0, offset: 0n }])
    expect(await bus().admin.describeGroup(group)).toMatchObject({ state: 'Empty' })
  })

  test('deletes a group with its committed offsets', async () => {
    const topic = await newTopic(bus())
    const group = uniqueGroup()
    await bus().admin.commitOffsets(group, [{ topic, partition: 0, offset: 0n }])

    await (await open()).admin.deleteGroup(group)

    expect(await bus().admin.committedOffsets(group)).toEqual([])
    expect(await bus().admin.describeGroup(group)).toMatchObject({ state: 'Dead' })
    expect((await bus().admin.listGroups()).map((summary) => summary.group)).not.toContain(group)
  })

  test('refuses to delete a group with members, or its offsets', async () => {
    const topic = await newTopic(bus())
    const group = uniqueGroup()
    await bus().publish(topic, numberedList(2))
    const stream = await (await open()).subscribe([topic], { group, autoOffsetReset: 'earliest' })
    await take(stream, 1)

    const { members } = await bus().admin.describeGroup(group)
    expect(members).toMatchObject([{ subscription: [topic] }])
    const active = { code: 'GROUP_ACTIVE', group }
    await expect(bus().admin.deleteGroup(group)).rejects.toMatchObject(active)
    await expect(bus().admin.deleteOffsets(group, [{ topic, partition: 0 }])).rejects.toMatchObject(active)
    await stream.close()
  })

  test('reports a missing group on delete', async () => {
    const group = uniqueGroup()
    const missing = { code: 'GROUP_NOT_FOUND', group }

    await expect(bus().admin.deleteGroup(group)).rejects.toMatchObject(missing)
    await expect(bus().admin.deleteOffsets(group, [{ topic: uniqueTopic(), partition: 0 }])).rejects.toMatchObject(
      missing,
    )
  })

  test('describes the cluster by kind and id', async () => {
    const cluster = await bus().admin.describeCluster()

    expect(cluster.kind).not.toBe('')
    expect(cluster.clusterId).not.toBe('')
  })
}
