import { randomUUID } from 'node:crypto'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { GroupBatch, GroupMember, JoinRequest } from '../../bus/driver.ts'
import type { BusRecord } from '../../bus/record.ts'
import { transact } from '../../sqlite/shared-file.ts'
import { assignRange } from '../assignment.ts'
import type { Changes } from './changes.ts'
import { guarded } from './database.ts'
import { DEFAULT_PARTITIONS, type EmbeddedLog } from './log.ts'

/** Acknowledgements are committed together, this often at most. */
const COMMIT_INTERVAL_MS = 100

export interface MemberOptions {
  readonly clientId: string
  /** A member not heard of for this long loses its partitions. Milliseconds. */
  readonly sessionTimeout: number
}

/** A partition this member owns. */
interface Owned {
  readonly topic: string
  readonly partition: number
  readonly id: number
  /** Next offset to hand out. */
  next: number
  /** Next offset to commit, when it is not committed yet. */
  acknowledged: number | undefined
}

/** A batch handed out; `isRevoked` once its partition was given up. */
interface Handed extends GroupBatch {
  isRevoked: boolean
}

/**
 * A member of a group whose members are processes on one file.
 *
 * A member holds a lease, renewed while its process lives, and claims on partitions. Everybody computes the same
 * assignment from the members on file; a partition goes over only after its owner gave up its claim, having committed
 * what was acknowledged, or after the owner's lease ran out. A commit checks the claim in the same transaction, so a
 * process that slept through its lease cannot overwrite its successor's offset.
 */
export class EmbeddedMember implements GroupMember {
  readonly #memberId: string
  readonly #request: JoinRequest
  readonly #options: MemberOptions
  readonly #database: DatabaseSync
  readonly #log: EmbeddedLog
  readonly #changes: Changes
  readonly #path: string
  readonly #sql: ReturnType<typeof prepareStatements>
  readonly #heartbeat: NodeJS.Timeout
  readonly #closing = new AbortController()
  #owned: Owned[] = []
  #handed: Handed | undefined
  #leaseUntil = 0
  #generation = -1
  #failure: unknown
  #commitTimer: NodeJS.Timeout | undefined
  #turn = 0

  constructor(
    request: JoinRequest,
    options: MemberOptions,
    shared: { database: DatabaseSync; log: EmbeddedLog; changes: Changes; path: string },
  ) {
    this.#memberId = `${options.clientId}-${randomUUID()}`
    this.#request = request
    this.#options = options
    this.#database = shared.database
    this.#log = shared.log
    this.#changes = shared.changes
    this.#path = shared.path
    this.#sql = guarded(shared.path, () => prepareStatements(shared.database))
    guarded(this.#path, () => {
      transact(this.#database, () => {
        for (const topic of request.topics) {
          if (this.#sql.partitions.all(topic).length === 0) this.#log.addTopic(topic, DEFAULT_PARTITIONS)
        }
        this.#sql.addGroup.run(request.group)
        this.#renew()
        this.#settle()
      })
    })
    this.#changes.notify()
    this.#heartbeat = setInterval(() => this.#beat(), options.sessionTimeout / 4)
  }

  async next(): Promise<GroupBatch | undefined> {
    while (!this.#closing.signal.aborted) {
      if (this.#failure !== undefined) throw this.#failure
      this.#follow()
      const batch = this.#take()
      if (batch) return batch
      // Leases run out without anybody writing, so it looks up by itself too.
      await this.#changes.next(this.#closing.signal, this.#options.sessionTimeout / 4)
    }
    return undefined
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort()
    clearInterval(this.#heartbeat)
    clearTimeout(this.#commitTimer)
    if (this.#handed) this.#handed.isRevoked = true
    guarded(this.#path, () => {
      transact(this.#database, () => {
        this.#commit(this.#owned)
        this.#sql.removeMember.run(this.#request.group, this.#memberId)
        this.#sql.bump.run(this.#request.group)
      })
    })
    this.#changes.notify()
  }

  /** Renews the lease and looks for members that lost theirs. */
  #beat(): void {
    try {
      guarded(this.#path, () => transact(this.#database, () => this.#settle()))
      this.#changes.notify()
    } catch (error) {
      this.#failure = error
      this.#changes.notify()
    }
  }

  /** Takes part in a rebalance that somebody else began. */
  #follow(): void {
    guarded(this.#path, () => {
      const generation = Number(this.#sql.generation.get(this.#request.group)?.generation ?? -1)
      if (generation === this.#generation && Date.now() < this.#leaseUntil - this.#options.sessionTimeout / 2) return
      transact(this.#database, () => this.#settle())
      this.#changes.notify()
    })
  }

  #renew(): void {
    const { group, topics } = this.#request
    const expires = Date.now() + this.#options.sessionTimeout
    const { changes } = this.#sql.renew.run(expires, group, this.#memberId)
    if (changes === 0) {
      this.#sql.addMember.run(group, this.#memberId, this.#options.clientId, JSON.stringify(topics), expires)
      this.#sql.bump.run(group)
      // Not on file means the lease was lost, and with it every claim.
      this.#giveUp(this.#owned)
    }
    this.#leaseUntil = expires
  }

  /** Renews, drops the dead, gives up what is others', claims what is free and ours. Inside a transaction. */
  #settle(): void {
    const { group, topics, offsetReset } = this.#request
    this.#renew()
    if (this.#sql.expire.run(group, Date.now()).changes > 0) this.#sql.bump.run(group)
    const members = (this.#sql.members.all(group) as { member_id: string; topics: string }[]).map((row) => ({
      memberId: row.member_id,
      topics: JSON.parse(row.topics) as string[],
    }))
    const rows = new Map(
      [...new Set(members.flatMap((member) => member.topics))].map((topic) => [
        topic,
        this.#sql.partitions.all(topic) as unknown as { id: number; partition: number; next: number }[],
      ]),
    )
    const mine = assignRange(members, (topic) => rows.get(topic)?.length ?? 0).get(this.#memberId) ?? []
    const wanted = mine.flatMap(({ topic, partition }) => {
      const row = rows.get(topic)?.[partition]
      return row && topics.includes(topic) ? [{ topic, ...row }] : []
    })
    const lost = this.#owned.filter(({ id }) => !wanted.some((want) => want.id === id))
    if (lost.length > 0) {
      this.#commit(lost)
      for (const { id } of lost) this.#sql.unclaim.run(group, id, this.#memberId)
      this.#giveUp(lost)
      this.#sql.bump.run(group)
    }
    for (const { topic, partition, id, next } of wanted) {
      if (this.#owned.some((owned) => owned.id === id)) continue
      if (this.#sql.claim.run(group, id, this.#memberId).changes === 0) continue
      // `latest` is fixed when the partition is first given out: a later rebalance skips nothing.
      this.#sql.begin.run(group, id, offsetReset === 'latest' ? next : 0)
      const committed = Number(this.#sql.committed.get(group, id)?.next_offset ?? 0)
      this.#owned.push({ topic, partition, id, next: committed, acknowledged: undefined })
    }
    this.#generation = Number(this.#sql.generation.get(group)?.generation ?? -1)
  }

  #giveUp(lost: readonly Owned[]): void {
    const [first] = this.#handed?.records ?? []
    const isLost = (owned: Owned) => owned.topic === first?.topic && owned.partition === first.partition
    if (this.#handed && lost.some(isLost)) this.#handed.isRevoked = true
    this.#owned = this.#owned.filter((owned) => !lost.includes(owned))
  }

  /** Writes what was acknowledged, where the claim still stands. Inside a transaction. */
  #commit(partitions: readonly Owned[]): void {
    for (const owned of partitions) {
      if (owned.acknowledged === undefined) continue
      this.#sql.commit.run(this.#request.group, owned.id, owned.acknowledged, this.#memberId)
      owned.acknowledged = undefined
    }
  }

  #take(): GroupBatch | undefined {
    for (let step = 0; step < this.#owned.length; step += 1) {
      const at = (this.#turn + step) % this.#owned.length
      const owned = this.#owned[at] as Owned
      const { bufferSize } = this.#request
      const records = guarded(this.#path, () => this.#log.scan(owned, owned.id, owned.next, undefined, bufferSize))
      if (records.length === 0) continue
      this.#turn = at + 1
      owned.next = Number((records.at(-1) as BusRecord).offset) + 1
      return this.#hand(owned, records)
    }
    return undefined
  }

  #hand(owned: Owned, records: readonly BusRecord[]): GroupBatch {
    const isLeased = () => Date.now() < this.#leaseUntil
    // What is not acknowledged by the end is read again from here.
    let rest = Number((records[0] as BusRecord).offset)
    const handed: Handed = {
      records,
      isRevoked: false,
      get revoked() {
        // A process that slept may have lost its lease without having been told yet.
        return this.isRevoked || !isLeased()
      },
      acknowledge: (index) => {
        const record = records[index]
        if (!record || handed.isRevoked) return
        rest = Number(record.offset) + 1
        owned.acknowledged = rest
        this.#commitTimer ??= setTimeout(() => this.#commitSoon(), COMMIT_INTERVAL_MS)
      },
      finish: () => {
        if (this.#handed === handed) this.#handed = undefined
        if (!handed.isRevoked) owned.next = rest
      },
    }
    this.#handed = handed
    return handed
  }

  #commitSoon(): void {
    this.#commitTimer = undefined
    try {
      guarded(this.#path, () => transact(this.#database, () => this.#commit(this.#owned)))
      this.#changes.notify()
    } catch (error) {
      this.#failure = error
      this.#changes.notify()
    }
  }
}

function prepareStatements(database: DatabaseSync) {
  const prepare = (sql: string): StatementSync => database.prepare(sql)
  return {
    addGroup: prepare('INSERT INTO groups (name) VALUES (?) ON CONFLICT DO NOTHING'),
    bump: prepare('UPDATE groups SET generation = generation + 1 WHERE name = ?'),
    generation: prepare('SELECT generation FROM groups WHERE name = ?'),
    addMember: prepare(
      'INSERT INTO members (group_name, member_id, client_id, topics, expires_at) VALUES (?, ?, ?, ?, ?)',
    ),
    renew: prepare('UPDATE members SET expires_at = ? WHERE group_name = ? AND member_id = ?'),
    removeMember: prepare('DELETE FROM members WHERE group_name = ? AND member_id = ?'),
    expire: prepare('DELETE FROM members WHERE group_name = ? AND expires_at < ?'),
    members: prepare('SELECT member_id, topics FROM members WHERE group_name = ?'),
    partitions: prepare(
      'SELECT p.id, p.partition, p.next_offset AS next FROM partitions p JOIN topics t ON t.id = p.topic_id WHERE t.name = ? ORDER BY p.partition',
    ),
    claim: prepare('INSERT INTO claims (group_name, partition_id, member_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING'),
    unclaim: prepare('DELETE FROM claims WHERE group_name = ? AND partition_id = ? AND member_id = ?'),
    begin: prepare(
      'INSERT INTO offsets (group_name, partition_id, next_offset) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    ),
    committed: prepare('SELECT next_offset FROM offsets WHERE group_name = ? AND partition_id = ?'),
    commit: prepare(
      'UPDATE offsets SET next_offset = ?3 WHERE group_name = ?1 AND partition_id = ?2 AND EXISTS (SELECT 1 FROM claims WHERE group_name = ?1 AND partition_id = ?2 AND member_id = ?4)',
    ),
  }
}
