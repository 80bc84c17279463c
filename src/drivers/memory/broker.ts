import type { NewTopic } from '../../bus/admin.ts'
import type { JoinRequest } from '../../bus/driver-port.ts'
import { connectionFailed } from '../../bus/errors.ts'
import type { NewRecord, Position } from '../../bus/record.ts'
import { Changes } from './changes.ts'
import type { MemoryMember } from './group-member.ts'
import { GroupRegistry } from './group-registry.ts'
import { MemoryTopics } from './topics.ts'

export interface MemoryBrokerOptions {
  /** The clock for records without a timestamp, in milliseconds. Default `Date.now`. */
  readonly now?: (() => number) | undefined
}

/** The topics and groups of in-memory buses. Several buses share a broker to simulate several processes. */
export class MemoryBroker {
  readonly topics: MemoryTopics
  readonly groups: GroupRegistry
  readonly changes = new Changes()
  readonly #connected = new Set<string>()
  // Counters, for unique names.
  #clients = 0
  #subscribers = 0

  constructor({ now = Date.now }: MemoryBrokerOptions = {}) {
    this.topics = new MemoryTopics(now)
    this.groups = new GroupRegistry(this.topics, this.changes)
  }

  /** Connects a new bus and returns its client id. */
  connect(): string {
    this.#clients += 1
    const clientId = `memory-${this.#clients}`
    this.#connected.add(clientId)
    return clientId
  }

  /**
   * Disconnects a bus as if its process was killed: its groups continue without it, its later acknowledgements are ignored and
   * its later calls are refused. For fault injection in tests; to end a bus in order, call `bus.close()`.
   */
  disconnect({ clientId }: { readonly clientId: string }): void {
    this.#connected.delete(clientId)
    this.groups.removeClient(clientId)
    this.changes.notify()
  }

  isConnected(clientId: string): boolean {
    return this.#connected.has(clientId)
  }

  requireConnected(clientId: string): void {
    if (!this.isConnected(clientId)) throw connectionFailed('the bus is closed')
  }

  /** Returns the name of a new group for one subscriber. The group is deleted when the subscriber leaves. */
  privateGroup(): string {
    do this.#subscribers += 1
    while (this.groups.has(`subscriber-${this.#subscribers}`))
    return this.groups.makePrivate(`subscriber-${this.#subscribers}`)
  }

  join(request: JoinRequest, clientId: string): MemoryMember {
    for (const topic of request.topics) this.topics.partitions(topic)
    return this.groups.join(request, clientId)
  }

  append(topic: string, records: readonly NewRecord[]): Position[] {
    if (records.length === 0) return []
    try {
      return this.topics.append(topic, records)
    } finally {
      this.changes.notify()
    }
  }

  createTopic(topic: string, options?: NewTopic): void {
    this.topics.create(topic, options)
    this.groups.rebalanceAll()
  }

  addPartitions(topic: string, partitions: number): void {
    this.topics.grow(topic, partitions)
    this.groups.rebalanceAll()
  }

  deleteRecords(topic: string, offsets: ReadonlyMap<number, bigint>): ReadonlyMap<number, bigint> {
    const starts = this.topics.deleteRecords(topic, offsets)
    // Readers of deleted records continue at the new start.
    this.changes.notify()
    return starts
  }

  deleteTopic(topic: string): void {
    this.topics.delete(topic)
    this.groups.forgetTopic(topic)
    this.changes.notify()
  }

  /** Deletes all topics and groups. Running subscriptions end. */
  reset(): void {
    this.topics.clear()
    this.groups.clear()
    this.changes.notify()
  }

  /** Creates a topic with one partition if it does not exist. */
  ensureTopic(topic: string): void {
    if (!this.topics.has(topic)) this.createTopic(topic, { partitions: 1 })
  }
}
