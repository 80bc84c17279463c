import type { GroupState } from '../../bus/admin.ts'
import type { EventCount } from '../events/event-count.ts'
import type { SkippedRange } from '../events/skip-unreadable.ts'

/** The topics of a bus with the services that publish and consume each event type, and what contradicts the declarations. */
export interface Topology {
  /** Sorted by name. */
  readonly topics: readonly TopicNode[]
  /** Most frequent first. */
  readonly flows: readonly Flow[]
  readonly findings: readonly Finding[]
  readonly notes: readonly Note[]
}

/** A topic, whether it is on the bus or only declared. */
export interface TopicNode {
  readonly topic: string
  readonly isOnBus: boolean
  /** Whether crbus.json or a schema names the topic. */
  readonly isDeclared: boolean
  /** The number of records that were read. */
  readonly sampled: number
  /** Whether all records of the topic were read. */
  readonly isWhole: boolean
  /** Most frequent first; declared types without traffic last. */
  readonly types: readonly TypeNode[]
  /** The number of records without an event: tombstones and other values. */
  readonly withoutType: number
  /** The number of events whose types are not listed, because the topic has too many types. */
  readonly unlisted: number
  /** Sorted by name. `null` if the user may not see the groups. */
  readonly readers: readonly Reader[] | null
}

/** An event type of a topic. */
export interface TypeNode {
  readonly eventType: string
  /** The number of events that were read; 0 for a type that is only declared. */
  readonly count: number
  /** The timestamp of the newest event, in milliseconds. Absent: no event has one. */
  readonly lastSeen?: bigint | undefined
  /** Whether the schema of the topic has the type. Absent: the topic has no schema. */
  readonly isInSchema?: boolean | undefined
  readonly publishers: readonly Participant[]
  readonly consumers: readonly Participant[]
}

/** How it is known that a service or a group publishes or consumes a type. */
type KnownBy = 'declaration' | 'causation' | 'offsets'

/** A service, or a consumer group that no service declares. */
export interface Participant {
  readonly name: string
  readonly by: KnownBy
}

/** A consumer group that reads a topic. */
export interface Reader {
  readonly group: string
  /** The service that declares the group. */
  readonly service?: string | undefined
  readonly state: GroupState
  readonly memberCount: number
  /** The number of waiting events. Absent: nothing was committed. */
  readonly lag?: bigint | undefined
  readonly counts?: EventCount | undefined
}

/** A type of a topic. */
export interface TypeOfTopic {
  readonly topic: string
  readonly eventType: string
}

/** Events that messages of another topic caused, as their causation ids prove. */
export interface Flow {
  readonly from: TypeOfTopic
  readonly to: TypeOfTopic
  readonly count: number
  /** The median of the milliseconds between the two timestamps. Absent: the records have none. */
  readonly median?: number | undefined
  /**
   * The services that declare that they consume the one and publish the other. If none does, the groups that have read the causes, of
   * which one handled them. Empty: unknown.
   */
  readonly by: readonly string[]
}

/** What contradicts the declarations, or leads nowhere. src/ui/topology/finding-text.ts has the sentence of each code. */
export type Finding =
  | {
      readonly code: 'type-unconsumed'
      readonly topic: string
      readonly types: readonly string[]
      /** `no-group`: no group reads the topic. `not-declared`: the services that read it declare other types. */
      readonly reason: 'no-group' | 'not-declared'
    }
  | {
      readonly code: 'type-unpublished'
      readonly topic: string
      /** As declared. */
      readonly types: readonly string[]
      readonly service: string
      /** Whether all records of the topic were read. */
      readonly isWhole: boolean
    }
  /** `services` declare that they use the topic. `isInTopics`: the key `topics` of crbus.json declares it. */
  | {
      readonly code: 'topic-missing'
      readonly topic: string
      readonly services: readonly string[]
      readonly isInTopics: boolean
    }
  | { readonly code: 'topic-undeclared'; readonly topic: string }
  | {
      readonly code: 'schema-drift'
      readonly topic: string
      readonly types: readonly string[]
      readonly reason: 'not-in-schema'
    }
  | {
      readonly code: 'schema-drift'
      readonly topic: string
      /** One type. */
      readonly types: readonly string[]
      readonly reason: 'undecodable'
      readonly failed: number
      readonly checked: number
      /** Why the first payload cannot be decoded. */
      readonly problem: string
    }
  | { readonly code: 'group-idle'; readonly group: string; readonly topics: readonly string[] }
  /** The group of a declared service does not read topics that the service consumes. */
  | {
      readonly code: 'consumer-missing'
      readonly service: string
      readonly group: string
      readonly topics: readonly string[]
    }

export const findingCodes = [
  'topic-missing',
  'topic-undeclared',
  'type-unconsumed',
  'type-unpublished',
  'consumer-missing',
  'group-idle',
  'schema-drift',
] as const satisfies readonly Finding['code'][]

/** What limits the answer. */
export type Note =
  /** The user may not see the consumer groups, so readers are unknown. */
  | { readonly code: 'groups-hidden' }
  /** Fewer records of each topic were read than requested, because there are many topics. */
  | { readonly code: 'sample-reduced'; readonly number: number; readonly topicCount: number }
  | ({ readonly code: 'unreadable-skipped' } & SkippedRange)
