import { randomUUID } from 'node:crypto'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { GroupBatch, GroupMember, JoinRequest } from '../../bus/driver-port.ts'
import type { BusRecord } from '../../bus/record.ts'
import { transact } from '../../sqlite/shared-file.ts'
import { assignRange } from '../assignment.ts'
import { OutageWatch } from '../outage-watch.ts'
import { DiskFullError, guarded, isLocked } from './database.ts'
import { ClockWatch, isAlive, type LeaseRow } from './lease.ts'
import type { OpenFile } from './open-file.ts'

// The parts of the file that `OutageWatch` tracks. They fail separately: with a full disk, only writes fail.
const READS = 'reads'
const WRITES = 'writes'

/** The delay between an acknowledgement and its commit, which includes the acknowledgements that follow meanwhile. */
const COMMIT_INTERVAL_MS = 100

export interface MemberOptions {
  readonly clientId: string
  /** A member that does not renew its lease for this long loses its partitions. Milliseconds. */
  readonly sessionTimeout: number
}

/** A partition that this member has claimed. */
interface OwnedPartition {
  readonly topic: string
  readonly partition: number
  /** The row id of the partition. */
  readonly id: number
  /** The next offset to deliver. */
  next: number
  /** The next offset to commit, if it is not committed yet. */
  acknowledged: number | undefined
}

/** A batch that `next` has returned. `isRevoked` is true once the member has lost the partition. */
interface DeliveredBatch extends GroupBatch {
  readonly owned: OwnedPartition
  isRevoked: boolean
}

/**
 * A member of a consumer group in one file.
 *
 * A member holds a lease, which it renews while its process lives, and claims on partitions. All members compute the same
 * assignment from the members in the file. A partition moves to another member after its owner has committed and given up
 * the claim, or after the owner's lease has expired. A commit checks the claim in the same transaction, so a process that
 * was suspended for longer than its lease cannot overwrite the offset of the next owner.
 *
 * A member measures its own lease by the monotonic clock. In the file, the end of a lease is a time of day, which other processes
 * can compare. While the disk is full, a member keeps acknowledgements in memory and tries to commit them at every heartbeat.
 */
export class EmbeddedMember implements GroupMember {
  readonly #memberId: string
  readonly #request: JoinRequest
  readonly #options: MemberOptions
  readonly #file: OpenFile
  readonly #sql: ReturnType<typeof prepareStatements>
  readonly #heartbeat: NodeJS.Timeout
  readonly #closing = new AbortController()
  readonly #outage: OutageWatch
  #owned: OwnedPartition[] = []
  readonly #delivered = new Set<DeliveredBatch>()
  readonly #clock: ClockWatch
  /** When the lease ends, by `performance.now()`. */
  #leaseUntil = 0
  #isDiskFull = false
  /** The generation of the group after the last rebalance that this member took part in. */
  #generation = -1
  /** The error with which `next` rejects. */
  #failure: unknown
  #commitTimer: NodeJS.Timeout | undefined
  /** Whether this member has created the group. */
  #isGroupNew = false
  /** The index of the partition to read first, so that all partitions get their turn. */
  #nextIndex = 0

  constructor(request: JoinRequest, options: MemberOptions, file: OpenFile) {
    this.#memberId = `${options.clientId}-${randomUUID()}`
    this.#request = request
    this.#options = options
    this.#outage = new OutageWatch(request)
    this.#file = file
    this.#clock = new ClockWatch(options.sessionTimeout)
    this.#sql = guarded(file.path, () => {
      addSessionTimeout(file.database)
      return prepareStatements(file.database)
    })
    guarded(this.#file.path, () => {
      transact(this.#file.database, () => {
        for (const topic of request.topics) file.topics.ensureTopic(topic)
        this.#isGroupNew = Number(this.#sql.addGroup.run(request.group).changes) > 0
        this.#renewLease()
        this.#rebalance()
      })
    })
    this.#file.changes.notify()
    this.#heartbeat = setInterval(() => this.#beat(), options.sessionTimeout / 4)
  }

  async next(): Promise<GroupBatch | undefined> {
    while (!this.#closing.signal.aborted) {
      if (this.#failure !== undefined) throw this.#failure
      try {
        this.#rebalanceIfNeeded()
        // Deliver nothing without a lease, which cannot be renewed while the disk is full.
        const batch = this.#isLeased ? this.#take() : undefined
        this.#outage.worked(READS)
        if (batch) return batch
        this.#file.identity.requireUnchanged()
      } catch (error) {
        const failure = isLocked(error) ? this.#outage.failed(READS, error) : error
        if (failure !== undefined) throw failure
      }
      // Wait with a time-out, because the file does not change when the lease of a member expires.
      await this.#file.changes.next(this.#closing.signal, this.#options.sessionTimeout / 4)
    }
    return undefined
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort()
    clearInterval(this.#heartbeat)
    clearTimeout(this.#commitTimer)
    for (const batch of this.#delivered) batch.isRevoked = true
    this.#change(() => {
      this.#commit(this.#owned)
      this.#sql.removeMember.run(this.#request.group, this.#memberId)
      this.#sql.bumpGeneration.run(this.#request.group)
      // A member that commits nothing must not leave a group behind that did not exist before.
      if (this.#isGroupNew && this.#request.autoCommit === false) this.#sql.removeUnusedGroup.run(this.#request.group)
    })
    this.#file.changes.notify()
  }

  get #isLeased(): boolean {
    return performance.now() < this.#leaseUntil
  }

  /** Changes the file in a transaction. If the transaction fails, restores the state of this object as well. */
  #change(work: () => void): void {
    const owned = this.#owned
    const acknowledged = owned.map((partition) => partition.acknowledged)
    const valid = [...this.#delivered].filter(({ isRevoked }) => !isRevoked)
    const [leaseUntil, generation] = [this.#leaseUntil, this.#generation]
    try {
      guarded(this.#file.path, () => transact(this.#file.database, work))
    } catch (error) {
      this.#owned = owned
      for (const [index, partition] of owned.entries()) partition.acknowledged = acknowledged[index]
      for (const batch of valid) batch.isRevoked = false
      this.#leaseUntil = leaseUntil
      this.#generation = generation
      throw error
    }
  }

  /**
   * Changes the file. While the disk is full or another process locks the file, the next heartbeat retries. After any other
   * failure, `next` rejects with it.
   */
  #changeOrWait(work: () => void): void {
    try {
      this.#change(work)
      this.#isDiskFull = false
      this.#outage.worked(WRITES)
    } catch (error) {
      this.#isDiskFull = error instanceof DiskFullError
      const passes = error instanceof DiskFullError || isLocked(error)
      this.#failure ??= passes ? this.#outage.failed(WRITES, error) : error
    }
    this.#file.changes.notify()
  }

  /** Rebalances, which also renews the lease, and commits. */
  #beat(): void {
    this.#changeOrWait(() => {
      this.#rebalance()
      this.#commit(this.#owned)
    })
  }

  /** Rebalances if another member has started a rebalance, or if half of the lease is over. */
  #rebalanceIfNeeded(): void {
    const generation = guarded(this.#file.path, () =>
      Number(this.#sql.generation.get(this.#request.group)?.generation ?? -1),
    )
    const isFresh = performance.now() < this.#leaseUntil - this.#options.sessionTimeout / 2
    // While the disk is full, only the heartbeat retries.
    if (this.#isDiskFull || (generation === this.#generation && isFresh)) return
    this.#changeOrWait(() => this.#rebalance())
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Renews the lease, or joins the group if this member is not in the file. Runs inside a transaction. */
  #renewLease(): void {
    const { group, topics } = this.#request
    const { clientId, sessionTimeout } = this.#options
    const leaseUntil = performance.now() + sessionTimeout
    const expires = Date.now() + sessionTimeout
    const { changes } = this.#sql.renewLease.run(expires, group, this.#memberId)
    if (changes === 0) {
      this.#sql.addMember.run(group, this.#memberId, clientId, JSON.stringify(topics), expires, sessionTimeout)
      this.#sql.bumpGeneration.run(group)
      // Another member has removed this one after its lease had expired, and its claims with it.
      this.#giveUp(this.#owned)
    }
    this.#leaseUntil = leaseUntil
  }

  /**
   * Renews the lease, removes expired members, gives up partitions that are assigned to others and claims this member's
   * partitions if they are free. Runs inside a transaction.
   */
  #rebalance(): void {
    const { group, topics, offsetReset, autoCommit } = this.#request
    this.#renewLease()
    const stored = this.#sql.members.all(group) as unknown as MemberRow[]
    const dead = this.#clock.isSettled
      ? stored.filter((row) => row.member_id !== this.#memberId && !isAlive(row, Date.now()))
      : []
    for (const { member_id } of dead) this.#sql.removeMember.run(group, member_id)
    if (dead.length > 0) this.#sql.bumpGeneration.run(group)
    const members = stored
      .filter((row) => !dead.includes(row))
      .map((row) => ({ memberId: row.member_id, topics: JSON.parse(row.topics) as string[] }))
    const rows = new Map(
      [...new Set(members.flatMap((member) => member.topics))].map((topic) => [topic, this.#file.topics.rows(topic)]),
    )
    const assigned = assignRange(members, (topic) => rows.get(topic)?.length ?? 0).get(this.#memberId) ?? []
    const wanted = assigned.flatMap(({ topic, partition }) => {
      const row = rows.get(topic)?.[partition]
      return row && topics.includes(topic) ? [{ topic, ...row }] : []
    })
    const lost = this.#owned.filter(({ id }) => !wanted.some((want) => want.id === id))
    if (lost.length > 0) {
      this.#commit(lost)
      for (const { id } of lost) this.#sql.unclaim.run(group, id, this.#memberId)
      this.#giveUp(lost)
      this.#sql.bumpGeneration.run(group)
    }
    for (const { topic, partition, id, next } of wanted) {
      if (this.#owned.some((owned) => owned.id === id)) continue
      if (this.#sql.claim.run(group, id, this.#memberId).changes === 0) continue
      const start = offsetReset === 'latest' ? next : 0
      // Commit the start when the group first claims the partition: if the next owner applied `latest` again, it would skip the
      // records published in between.
      if (autoCommit !== false) this.#sql.commitIfAbsent.run(group, id, start)
      const committed = Number(this.#sql.committed.get(group, id)?.next_offset ?? start)
      this.#owned = [...this.#owned, { topic, partition, id, next: committed, acknowledged: undefined }]
    }
    this.#generation = Number(this.#sql.generation.get(group)?.generation ?? -1)
  }

  #giveUp(lost: readonly OwnedPartition[]): void {
    for (const batch of this.#delivered) if (lost.includes(batch.owned)) batch.isRevoked = true
    this.#owned = this.#owned.filter((owned) => !lost.includes(owned))
  }

  /** Commits acknowledged offsets of partitions that this member still claims. Runs inside a transaction. */
  #commit(partitions: readonly OwnedPartition[]): void {
    for (const owned of partitions) {
      if (owned.acknowledged === undefined) continue
      this.#sql.commit.run(this.#request.group, owned.id, owned.acknowledged, this.#memberId)
      owned.acknowledged = undefined
    }
  }

  /** Reads the next batch of any partition. Returns `undefined` if no partition has new records. */
  #take(): GroupBatch | undefined {
    for (let step = 0; step < this.#owned.length; step += 1) {
      const index = (this.#nextIndex + step) % this.#owned.length
      const owned = this.#owned[index] as OwnedPartition
      const { bufferSize } = this.#request
      const records = guarded(this.#file.path, () =>
        this.#file.scanner.scan(owned, owned.id, owned.next, undefined, bufferSize),
      )
      if (records.length === 0) continue
      this.#nextIndex = index + 1
      owned.next = Number((records.at(-1) as BusRecord).offset) + 1
      return this.#deliver(owned, records)
    }
    return undefined
  }

  #deliver(owned: OwnedPartition, records: readonly BusRecord[]): GroupBatch {
    const isLeased = () => this.#isLeased
    // The offset of the first unacknowledged record.
    let resumeAt = Number((records[0] as BusRecord).offset)
    const end = Number((records.at(-1) as BusRecord).offset) + 1
    const batch: DeliveredBatch = {
      owned,
      records,
      isRevoked: false,
      get revoked() {
        // Check the lease too: it may have expired while the process was suspended, before any of its timers runs.
        return this.isRevoked || !isLeased()
      },
      acknowledge: (index) => {
        const record = records[index]
        if (!record || batch.isRevoked) return
        resumeAt = Number(record.offset) + 1
        if (this.#request.autoCommit === false) return
        owned.acknowledged = resumeAt
        this.#commitTimer ??= setTimeout(() => this.#commitAcknowledged(), COMMIT_INTERVAL_MS)
      },
      finish: () => {
        this.#delivered.delete(batch)
        if (!batch.isRevoked && resumeAt < end) owned.next = resumeAt
      },
    }
    this.#delivered.add(batch)
    return batch
  }

  #commitAcknowledged(): void {
    this.#commitTimer = undefined
    this.#changeOrWait(() => this.#commit(this.#owned))
  }
}

interface MemberRow extends LeaseRow {
  readonly member_id: string
  readonly topics: string
}

/** Adds the column `session_timeout` to a file of an older crbus. */
function addSessionTimeout(database: DatabaseSync): void {
  const isMissing = () =>
    !database
      .prepare('PRAGMA table_info(members)')
      .all()
      .some(({ name }) => name === 'session_timeout')
  if (!isMissing()) return
  transact(database, () => {
    // Another process may have added the column meanwhile.
    if (isMissing()) database.exec('ALTER TABLE members ADD COLUMN session_timeout INTEGER')
  })
}

function prepareStatements(database: DatabaseSync) {
  const prepare = (sql: string): StatementSync => database.prepare(sql)
  return {
    addGroup: prepare('INSERT INTO groups (name) VALUES (?) ON CONFLICT DO NOTHING'),
    removeUnusedGroup: prepare(
      'DELETE FROM groups WHERE name = ?1 AND NOT EXISTS (SELECT 1 FROM members WHERE group_name = ?1) AND NOT EXISTS (SELECT 1 FROM offsets WHERE group_name = ?1)',
    ),
    bumpGeneration: prepare('UPDATE groups SET generation = generation + 1 WHERE name = ?'),
    generation: prepare('SELECT generation FROM groups WHERE name = ?'),
    addMember: prepare(
      'INSERT INTO members (group_name, member_id, client_id, topics, expires_at, session_timeout) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    renewLease: prepare('UPDATE members SET expires_at = ? WHERE group_name = ? AND member_id = ?'),
    removeMember: prepare('DELETE FROM members WHERE group_name = ? AND member_id = ?'),
    members: prepare('SELECT member_id, topics, expires_at, session_timeout FROM members WHERE group_name = ?'),
    claim: prepare('INSERT INTO claims (group_name, partition_id, member_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING'),
    unclaim: prepare('DELETE FROM claims WHERE group_name = ? AND partition_id = ? AND member_id = ?'),
    commitIfAbsent: prepare(
      'INSERT INTO offsets (group_name, partition_id, next_offset) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    ),
    committed: prepare('SELECT next_offset FROM offsets WHERE group_name = ? AND partition_id = ?'),
    commit: prepare(
      'UPDATE offsets SET next_offset = ?3 WHERE group_name = ?1 AND partition_id = ?2 AND EXISTS (SELECT 1 FROM claims WHERE group_name = ?1 AND partition_id = ?2 AND member_id = ?4)',
    ),
  }
}
