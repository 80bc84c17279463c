import { hostname } from 'node:os'
import type { BusAdmin, CommittedOffset, GroupDescription, TopicDescription } from '../../bus/admin.ts'
import {
  groupActive,
  groupNotFound,
  invalidTopic,
  partitionCountNotLarger,
  topicExists,
  topicNotFound,
} from '../../bus/errors.ts'
import { transact } from '../../sqlite/shared-file.ts'
import { plainDetails, withoutAcls } from '../plain-admin.ts'
import { changedConfig, requireDeletable, toSettings } from '../plain-topics.ts'
import { guarded, OFFSETS_PER_PARTITION } from './database.ts'
import { describeFile } from './inspect-file.ts'
import { isAlive, type LeaseRow } from './lease.ts'
import type { OpenFile } from './open-file.ts'
import { DEFAULT_PARTITIONS } from './topics.ts'

interface MemberRow extends LeaseRow {
  readonly member_id: string
  readonly client_id: string
  readonly topics: string
}

/**
 * The metadata that was committed with an offset. The table is created when it is first needed, because services on this bus do
 * not commit metadata. A row counts only while `next_offset` equals the committed offset, because members commit without updating
 * this table.
 */
const DETAILS_TABLE = `CREATE TABLE IF NOT EXISTS commit_details (
  group_name TEXT NOT NULL REFERENCES groups ON DELETE CASCADE,
  partition_id INTEGER NOT NULL REFERENCES partitions ON DELETE CASCADE,
  next_offset INTEGER NOT NULL,
  metadata TEXT,
  leader_epoch INTEGER,
  PRIMARY KEY (group_name, partition_id)
) WITHOUT ROWID`

/** Administers the topics and groups of one file. */
export function embeddedAdmin({ database, topics, changes, path }: OpenFile): BusAdmin {
  const all = <Row>(sql: string, ...values: (string | number)[]) => database.prepare(sql).all(...values) as Row[]

  const liveMembers = (group: string) => {
    const now = Date.now()
    // `session_timeout` is missing in a file that an older crbus has created.
    return all<MemberRow>('SELECT * FROM members WHERE group_name = ? ORDER BY member_id', group).filter(
      ({ session_timeout = null, expires_at }) => isAlive({ expires_at, session_timeout }, now),
    )
  }

  const configOf = (topic: string): Readonly<Record<string, string>> => {
    const [row] = all<{ config: string }>('SELECT config FROM topics WHERE name = ?', topic)
    if (row === undefined) throw topicNotFound(topic)
    return JSON.parse(row.config)
  }

  const listTopics = () => {
    const rows = all<{ name: string; count: number }>(
      'SELECT t.name, count(*) AS count FROM topics t JOIN partitions p ON p.topic_id = t.id GROUP BY t.id ORDER BY t.name',
    )
    return rows.map(({ name, count }) => ({
      topic: name,
      partitions: count,
      replication: 1,
      internal: false,
      underReplicated: 0,
      leaderless: 0,
    }))
  }

  const describeGroup = (group: string): GroupDescription => {
    const known = all('SELECT 1 FROM groups WHERE name = ?', group).length > 0
    const members = liveMembers(group).map(({ member_id, client_id, topics: subscribed }) => ({
      memberId: member_id,
      clientId: client_id,
      host: hostname(),
      assignment: all<{ topic: string; partition: number }>(
        'SELECT t.name AS topic, p.partition FROM claims c JOIN partitions p ON p.id = c.partition_id JOIN topics t ON t.id = p.topic_id WHERE c.group_name = ? AND c.member_id = ? ORDER BY 1, 2',
        group,
        member_id,
      ).map(({ topic, partition }) => ({ topic, partition })),
      subscription: (JSON.parse(subscribed) as string[]).sort(),
    }))
    const state = !known ? 'Dead' : members.length === 0 ? 'Empty' : 'Stable'
    return { group, protocolType: 'consumer', state, protocol: members.length === 0 ? '' : 'range', members }
  }

  const hasDetailsTable = () => all("SELECT 1 FROM sqlite_master WHERE name = 'commit_details'").length > 0

  const committedOffsets = (group: string, topics?: readonly string[]): readonly CommittedOffset[] => {
    const [details, join] = hasDetailsTable()
      ? [
          'd.metadata, d.leader_epoch AS epoch',
          'LEFT JOIN commit_details d ON d.group_name = o.group_name AND d.partition_id = o.partition_id AND d.next_offset = o.next_offset',
        ]
      : ['NULL AS metadata, NULL AS epoch', '']
    return all<{ topic: string; partition: number; next: number; metadata: string | null; epoch: number | null }>(
      `SELECT t.name AS topic, p.partition, o.next_offset AS next, ${details} FROM offsets o JOIN partitions p ON p.id = o.partition_id JOIN topics t ON t.id = p.topic_id ${join} WHERE o.group_name = ? ORDER BY 1, 2`,
      group,
    )
      .filter(({ topic }) => topics === undefined || topics.includes(topic))
      .map(({ topic, partition, next, metadata, epoch }) => {
        return {
          topic,
          partition,
          offset: BigInt(next),
          metadata: metadata ?? undefined,
          leaderEpoch: epoch ?? undefined,
        }
      })
  }

  /** Makes a function asynchronous, and turns its errors into `EventBusError`s. */
  const guardedAsync = <Arguments extends unknown[], Result>(work: (...args: Arguments) => Result) => {
    return async (...args: Arguments): Promise<Result> => guarded(path, () => work(...args))
  }

  const requireIdle = (group: string) => {
    const members = liveMembers(group).map(({ member_id }) => member_id)
    if (members.length > 0) throw groupActive(group, members)
  }

  return {
    listTopics: guardedAsync(listTopics),

    // `cleanup.policy` is stored like any other setting, but no topic is ever compacted.
    compactedTopics: guardedAsync(() => new Set<string>()),

    describeTopic: guardedAsync((topic): TopicDescription => {
      const layout = topics
        .partitions(topic)
        .map(({ partition }) => ({ partition, leader: 0, replicas: [0], inSync: [0] }))
      const config = new Map(Object.entries(configOf(topic)).sort())
      return { topic, partitions: layout.length, replication: 1, internal: false, layout, config }
    }),

    createTopic: guardedAsync((topic, { partitions = DEFAULT_PARTITIONS, config = {} } = {}) => {
      if (!Number.isInteger(partitions) || partitions < 1) throw invalidTopic(topic, 'needs at least one partition')
      transact(database, () => {
        if (all('SELECT 1 FROM topics WHERE name = ?', topic).length > 0) throw topicExists(topic)
        topics.addTopic(topic, partitions, config)
      })
      changes.notify()
    }),

    addPartitions: guardedAsync((topic, wanted) => {
      transact(database, () => {
        const { length } = topics.partitions(topic)
        // Not `wanted <= length`, which is false for NaN.
        if (!(wanted > length)) throw partitionCountNotLarger(topic, length, wanted)
        const [row] = all<{ id: number }>('SELECT id FROM topics WHERE name = ?', topic)
        topics.addPartitions(row?.id as number, length, wanted)
      })
      changes.notify()
    }),

    topicSettings: guardedAsync((topic) => toSettings(new Map(Object.entries(configOf(topic))))),

    setTopicConfig: guardedAsync((topic, config) => {
      transact(database, () => {
        const merged = changedConfig(configOf(topic), config)
        database.prepare('UPDATE topics SET config = ? WHERE name = ?').run(JSON.stringify(merged), topic)
      })
    }),

    // Any setting is stored.
    validateTopicConfig: guardedAsync((topic) => void configOf(topic)),

    deleteRecords: guardedAsync((topic, offsets) => {
      const starts = transact(database, () => {
        const rows = topics.ranges(topic)
        const ranges = rows.map(({ partition, start, next }) => ({
          partition,
          start: BigInt(start),
          end: BigInt(next),
        }))
        requireDeletable(topic, new Map(Object.entries(configOf(topic))), ranges, offsets)
        const remove = database.prepare('DELETE FROM records WHERE id >= ? AND id < ?')
        for (const { partition, id } of rows) {
          const base = id * OFFSETS_PER_PARTITION
          remove.run(base, base + Number(offsets.get(partition) ?? 0n))
        }
        return topics.ranges(topic).filter(({ partition }) => offsets.has(partition))
      })
      changes.notify()
      return new Map(starts.map(({ partition, start }) => [partition, BigInt(start)]))
    }),

    logDirs: guardedAsync(() => []),

    deleteTopic: guardedAsync((topic) => {
      transact(database, () => {
        const rows = topics.partitions(topic)
        const remove = database.prepare('DELETE FROM records WHERE id >= ? AND id < ?')
        for (const { id } of rows) remove.run(id * OFFSETS_PER_PARTITION, (id + 1) * OFFSETS_PER_PARTITION)
        if (database.prepare('DELETE FROM topics WHERE name = ?').run(topic).changes === 0) throw topicNotFound(topic)
        // Makes every group rebalance.
        database.exec('UPDATE groups SET generation = generation + 1')
      })
      changes.notify()
    }),

    listGroups: guardedAsync(() => {
      return all<{ name: string }>('SELECT name FROM groups ORDER BY name').map(({ name }) => ({
        group: name,
        protocolType: 'consumer',
      }))
    }),

    describeGroup: guardedAsync(describeGroup),
    describeGroups: guardedAsync((groups) => groups.map(describeGroup)),
    committedOffsets: guardedAsync(committedOffsets),
    committedOffsetsOf: guardedAsync((groups) => groups.map((group) => committedOffsets(group))),

    commitOffsets: guardedAsync((group, offsets) => {
      transact(database, () => {
        requireIdle(group)
        database.prepare('INSERT INTO groups (name) VALUES (?) ON CONFLICT DO NOTHING').run(group)
        const set = database.prepare(
          'INSERT INTO offsets (group_name, partition_id, next_offset) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET next_offset = excluded.next_offset',
        )
        const hasMetadata = offsets.some(
          ({ metadata = '', leaderEpoch }) => metadata !== '' || leaderEpoch !== undefined,
        )
        if (hasMetadata) database.exec(DETAILS_TABLE)
        const setDetails =
          hasMetadata || hasDetailsTable()
            ? database.prepare('INSERT OR REPLACE INTO commit_details VALUES (?, ?, ?, ?, ?)')
            : undefined
        for (const { topic, partition, offset, metadata, leaderEpoch } of offsets) {
          const row = topics.partitions(topic)[partition]
          if (!row) throw invalidTopic(topic, `has no partition ${partition}`)
          set.run(group, row.id, offset)
          setDetails?.run(group, row.id, offset, metadata || null, leaderEpoch ?? null)
        }
      })
      changes.notify()
    }),

    deleteOffsets: guardedAsync((group, partitions) => {
      transact(database, () => {
        if (all('SELECT 1 FROM groups WHERE name = ?', group).length === 0) throw groupNotFound(group)
        requireIdle(group)
        const remove = database.prepare(
          'DELETE FROM offsets WHERE group_name = ? AND partition_id = (SELECT p.id FROM partitions p JOIN topics t ON t.id = p.topic_id WHERE t.name = ? AND p.partition = ?)',
        )
        for (const { topic, partition } of partitions) remove.run(group, topic, partition)
      })
      changes.notify()
    }),

    deleteGroup: guardedAsync((group) => {
      transact(database, () => {
        requireIdle(group)
        if (database.prepare('DELETE FROM groups WHERE name = ?').run(group).changes === 0) throw groupNotFound(group)
      })
      changes.notify()
    }),

    clusterDetails: guardedAsync(() => ({ ...plainDetails(listTopics()), file: describeFile(database, path) })),
    ...withoutAcls,

    describeCluster: guardedAsync(() => {
      return { kind: `embedded ${path}`, clusterId: path, controller: 0, brokers: [] }
    }),
  }
}
