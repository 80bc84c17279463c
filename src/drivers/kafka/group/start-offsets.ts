import type { TopicPartition } from '../../../bus/admin.ts'
import type { JoinRequest } from '../../../bus/driver-port.ts'
import type { Position } from '../../../bus/record.ts'
import { committedOffsets } from '../admin/committed-offsets.ts'
import type { KafkaCluster } from '../connection/cluster.ts'
import { offsetsOf } from '../offsets.ts'
import { EARLIEST, LATEST } from '../protocol/list-offsets.ts'
import type { GroupSession } from './group-session.ts'

/** A key for maps of partitions. */
export const keyOf = ({ topic, partition }: TopicPartition): string => `${topic} ${partition}`

/** Decides at which offset a member starts to read a partition: at the committed offset, else as `offsetReset` says. */
export class StartOffsets {
  readonly #cluster: KafkaCluster
  readonly #session: GroupSession
  readonly #request: JoinRequest
  /** The ends of the partitions before the member joined, which is where `latest` starts. Set by `prepare` only. */
  readonly #ends = new Map<string, bigint>()

  constructor(cluster: KafkaCluster, session: GroupSession, request: JoinRequest) {
    this.#cluster = cluster
    this.#session = session
    this.#request = request
  }

  /** Looks up the topics and, for `latest`, remembers the ends of their partitions. Rejects if a topic does not exist. */
  async prepare(): Promise<void> {
    const { topics, offsetReset } = this.#request
    for (const topic of topics) {
      const ends = await offsetsOf(this.#cluster, topic, LATEST)
      if (offsetReset === 'earliest') continue
      for (const [partition, end] of ends) this.#ends.set(keyOf({ topic, partition }), end)
    }
  }

  /**
   * Returns the start offset of each partition. For `latest`, unless the member commits nothing, commits the start of a partition without a committed offset: if the
   * next owner of the partition applied `latest` again, it would skip the records that arrived in between.
   */
  async of(partitions: readonly TopicPartition[]): Promise<Position[]> {
    const committed = await committedOffsets(this.#cluster, this.#request.group)
    const known = new Map(committed.map((position) => [keyOf(position), position.offset]))
    const uncommitted = partitions.filter((partition) => !known.has(keyOf(partition)))
    if (this.#request.offsetReset === 'latest') {
      // A partition that was added after this member joined was empty then, so all its records are new.
      const starts = uncommitted.map((partition) => ({ ...partition, offset: this.#ends.get(keyOf(partition)) ?? 0n }))
      if (this.#request.autoCommit !== false) await this.#session.commit(starts)
      for (const start of starts) known.set(keyOf(start), start.offset)
    } else {
      for (const topic of new Set(uncommitted.map((partition) => partition.topic))) {
        const starts = await offsetsOf(this.#cluster, topic, EARLIEST)
        for (const [partition, start] of starts) {
          const key = keyOf({ topic, partition })
          if (!known.has(key)) known.set(key, start)
        }
      }
    }
    return partitions.map((partition) => ({ ...partition, offset: known.get(keyOf(partition)) ?? 0n }))
  }
}
