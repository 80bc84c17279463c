import type { BusAdmin } from '../../bus/admin.ts'
import type { BusDriver, GroupMember, JoinRequest } from '../../bus/driver-port.ts'
import type { TopicLog } from '../../bus/topic-log.ts'
import { kafkaAdmin } from './admin/admin.ts'
import { type ClusterOptions, KafkaCluster } from './connection/cluster.ts'
import { kafkaLog } from './log.ts'
import { Producer, type ProducerOptions } from './producing/producer.ts'

/** The driver of Kafka and Redpanda. Connects when a request is first sent. */
export class KafkaDriver implements BusDriver {
  readonly log: TopicLog
  readonly admin: BusAdmin
  readonly #cluster: KafkaCluster
  readonly #members = new Set<GroupMember>()

  constructor(options: ClusterOptions & ProducerOptions) {
    this.#cluster = new KafkaCluster(options)
    this.log = kafkaLog(this.#cluster, new Producer(this.#cluster, options))
    this.admin = kafkaAdmin(this.#cluster)
  }

  async join(request: JoinRequest): Promise<GroupMember> {
    const { KafkaMember } = await import('./group/group-member.ts')
    const member: GroupMember = await KafkaMember.join(this.#cluster, request, () => this.#members.delete(member))
    this.#members.add(member)
    return member
  }

  async close(): Promise<void> {
    const left = await Promise.allSettled([...this.#members].map((member) => member.close()))
    this.#members.clear()
    this.#cluster.close()
    for (const result of left) if (result.status === 'rejected') throw result.reason
  }
}
