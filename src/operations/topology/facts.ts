import type { GroupState } from '../../bus/admin.ts'
import type { EventCount } from '../events/event-count.ts'
import type { ServiceDeclaration } from './services.ts'
import type { TypeOfTopic } from './topology.ts'

/** What the bus, crbus.json and the schemas say. */
export interface TopologyFacts {
  /** The traffic of each topic on the bus that was asked for. */
  readonly traffic: readonly TopicTraffic[]
  /** Every topic on the bus. */
  readonly existing: ReadonlySet<string>
  readonly flows: readonly CausedFlow[]
  /** `null` if the user may not see the groups. */
  readonly groups: readonly GroupFacts[] | null
  readonly declarations: Declarations
  /** Whether a topic was asked for. */
  readonly isWanted: (topic: string) => boolean
}

/** What crbus.json and the schemas declare. */
export interface Declarations {
  readonly topics: ReadonlySet<string>
  readonly services: ReadonlyMap<string, ServiceDeclaration>
  /** The event types of schemas, by topic. */
  readonly schemas: ReadonlyMap<string, ReadonlySet<string>>
}

/** The newest records of a topic. */
export interface TopicTraffic {
  readonly topic: string
  readonly sampled: number
  readonly isWhole: boolean
  readonly types: readonly TypeTraffic[]
  readonly withoutType: number
  readonly unlisted: number
}

export interface TypeTraffic {
  readonly eventType: string
  readonly count: number
  readonly lastSeen: bigint | undefined
  /** The payloads that were decoded by the schema of the topic. `undefined` if there is no schema. */
  readonly decoded: DecodedSample | undefined
}

export interface DecodedSample {
  readonly checked: number
  readonly failed: number
  /** Why the first payload cannot be decoded. */
  readonly problem: string | undefined
}

/** Events of one type that messages of one type on another topic caused. */
export interface CausedFlow {
  readonly from: TypeOfTopic
  readonly to: TypeOfTopic
  readonly count: number
  readonly median?: number | undefined
  /** The lowest offset of a cause in each partition of `from`. A group that has not read it did not handle the causes. */
  readonly firstCauses: ReadonlyMap<number, bigint>
}

/** A consumer group and the topics that it reads. */
export interface GroupFacts {
  readonly group: string
  readonly state: GroupState
  readonly memberCount: number
  readonly topics: ReadonlyMap<string, ReadTopic>
}

/** A topic that a group reads. */
export interface ReadTopic {
  readonly lag: bigint | undefined
  readonly counts: EventCount | undefined
  /** The committed offsets by partition. */
  readonly committed: ReadonlyMap<number, bigint>
}
