import type { GroupState, TopicPartition } from '../../bus/admin.ts'
import type { Hint } from '../../bus/hints.ts'
import type { ConnectionStage } from '../../bus/probe.ts'
import type { LeaseHolder } from '../../store/backlog.ts'

/** How bad a finding is. `info` is a fact that explains something and is not a fault. */
export type Severity = 'error' | 'warning' | 'info' | 'ok'

/** A group, a topic, or both. */
interface OfGroup {
  readonly group: string
}
interface OfTopic {
  readonly topic: string
}
interface AtAddress {
  /** `host:port`. */
  readonly address: string
}

/** A finding about brokers and their connections. */
type ConnectionFact =
  | ({ readonly code: 'name-resolved'; readonly addresses: readonly string[] } & AtAddress)
  /** `duration` is in milliseconds. */
  | ({ readonly code: 'port-open'; readonly duration: number } & AtAddress)
  | ({ readonly code: 'certificate-valid' | 'certificate-expires-soon' } & AtAddress & Certificate)
  /** The certificate does not pass verification, but the settings ignore that. `reason` is a code of Node. */
  | ({ readonly code: 'certificate-not-verified'; readonly reason: string } & AtAddress & Certificate)
  /** `release` is the oldest release of Kafka with these requests; absent for one before 2.4. */
  | ({ readonly code: 'requests-supported'; readonly release?: string | undefined } & AtAddress)
  | ({ readonly code: 'requests-missing'; readonly requests: readonly string[] } & AtAddress)
  | ({ readonly code: 'logged-in'; readonly mechanism: string } & AtAddress)
  | ({ readonly code: 'connection-failed' } & AtAddress & FailedStage)
  /** The address that a broker advertises fails, although another address of the cluster answered. */
  | ({ readonly code: 'advertised-unreachable'; readonly broker: number } & AtAddress & FailedStage)
  | ({ readonly code: 'other-cluster'; readonly clusterId: string; readonly expected: string } & AtAddress)
  | { readonly code: 'cluster-described'; readonly clusterId: string; readonly brokerCount: number }
  | { readonly code: 'no-controller'; readonly clusterId: string }
  | ({ readonly code: 'partitions-offline' } & Partitions)
  /** `brokers` are the ids of brokers that hold a replica that is not in sync. */
  | ({ readonly code: 'replicas-out-of-sync'; readonly brokers: readonly number[] } & Partitions)
  | { readonly code: 'replicas-in-sync'; readonly partitionCount: number }

interface Certificate {
  readonly subject: string
  readonly issuer: string
  /** RFC 3339. */
  readonly expires: string
}

interface FailedStage {
  readonly stage: ConnectionStage
  readonly reason: string
}

interface Partitions {
  readonly partitions: readonly TopicPartition[]
}

/** A finding about the file of an embedded bus. */
type FileFact = { readonly path: string } & (
  | { readonly code: 'bus-missing' | 'bus-read-only' | 'integrity-unchecked' }
  | { readonly code: 'bus-readable'; readonly bytes: number }
  | { readonly code: 'bus-failed'; readonly reason: string }
  | { readonly code: 'bus-damaged'; readonly damage: readonly string[] }
  /** `free` is in bytes. */
  | { readonly code: 'disk-nearly-full'; readonly free: number }
)

/** A finding about topics that crbus.json declares. */
type DeclarationFact =
  | { readonly code: 'topics-as-declared'; readonly topics: readonly string[] }
  | ({ readonly code: 'declared-topic-missing' } & OfTopic)
  | ({
      readonly code: 'partitions-differ' | 'replication-differs' | 'retention-differs'
      /** Absent for a retention that is the default of the cluster. */
      readonly is?: string | undefined
      readonly expected: string
    } & OfTopic)
  /** The declared topics cannot be created, or the topics of the bus cannot be read. */
  | { readonly code: 'declaration-impossible' | 'topics-unchecked'; readonly reason: string }

/** A finding about the event store. */
type StoreFact =
  | { readonly code: 'store-complete'; readonly location: string }
  | { readonly code: 'store-incomplete'; readonly location: string; readonly missing: readonly string[] }
  | { readonly code: 'store-failed'; readonly reason: string }
  /** No message or timer of the store is overdue, and no event has failed. */
  | { readonly code: 'store-keeps-up'; readonly location: string }
  /** Messages wait and no process holds the lease to publish them. */
  | ({ readonly code: 'outbox-abandoned' } & OverdueWork)
  /** Messages wait although a process holds the lease. Without `processId`, it is not known whether one does. */
  | ({ readonly code: 'outbox-stuck' } & OverdueWork & Partial<LeaseHolder>)
  | ({ readonly code: 'timers-overdue' } & OverdueWork)
  /** Events that could not be handled or published, and commands that their aggregates rejected. `oldest` is RFC 3339. */
  | { readonly code: 'dead-letters-open' | 'commands-rejected'; readonly count: number; readonly oldest: string }

/** The messages or timers of one owner. */
interface OverdueWork {
  readonly owner: string
  readonly count: number
  /** How long the oldest has waited, in milliseconds. */
  readonly age: number
}

/** A finding about a group and the events that it reads. */
type GroupFact = OfGroup &
  (
    | { readonly code: 'group-missing' }
    | { readonly code: 'group-not-consumer'; readonly protocolType: string }
    | { readonly code: 'group-without-members' }
    | { readonly code: 'group-rebalancing'; readonly state: GroupState }
    | { readonly code: 'group-has-members'; readonly memberCount: number }
    /** No member subscribes to the topic. `topics` are those that the members subscribe to. */
    | ({ readonly code: 'topic-not-subscribed'; readonly topics: readonly string[] } & OfTopic)
    | ({
        readonly code:
          | 'partitions-unassigned'
          | 'position-beyond-end'
          | 'position-before-start'
          | 'held-by-transaction'
          | 'starts-at-latest'
      } & Partitions)
    | ({ readonly code: 'nothing-waits' | 'events-wait' } & Waiting)
    | ({ readonly code: 'waiting-event-unreadable' | 'waiting-event-undecodable'; readonly reason: string } & At)
  )

interface Waiting {
  /** The number of waiting events. */
  readonly lag: bigint
}

interface At extends TopicPartition {
  readonly offset: bigint
}

/** A finding about a topic. */
type TopicFact = OfTopic &
  (
    | { readonly code: 'topic-missing' }
    /** `gone` is the number of events that were deleted; 0 if the topic never held an event. */
    | { readonly code: 'topic-empty'; readonly gone: bigint }
    | { readonly code: 'partitions-empty'; readonly empty: number; readonly partitionCount: number }
    | { readonly code: 'topic-has-events'; readonly eventCount: bigint; readonly partitionCount: number }
    /** The same event is in the topic twice. */
    | {
        readonly code: 'published-twice'
        readonly count: number
        readonly sampled: number
        /** The first of them. */
        readonly positions: readonly At[]
      }
  )

/** A finding of a group that was watched for `duration` milliseconds. */
type WatchFact = OfGroup & { readonly duration: number } & (
    | ({
        readonly code: 'falling-behind' | 'catching-up' | 'lag-steady'
        readonly in: number
        readonly out: number
      } & Waiting)
    /** The partition has `share` (0 to 1) of the lag. */
    | ({ readonly code: 'lag-skewed'; readonly share: number } & TopicPartition & Waiting)
    /** `share` (0 to 1) of the `sampled` waiting events have this record key. */
    | ({
        readonly code: 'key-frequent'
        readonly key: string
        readonly share: number
        readonly sampled: number
      } & OfTopic)
    | { readonly code: 'members-idle'; readonly memberIds: readonly string[]; readonly partitionCount: number }
    | { readonly code: 'members-too-few'; readonly memberCount: number; readonly partitionCount: number }
    /** Nothing was committed although a member reads the partition and events wait. `othersMove`: other partitions had commits. */
    | ({ readonly code: 'partition-stalled'; readonly othersMove: boolean } & At & Waiting)
    | { readonly code: 'no-rebalance'; readonly memberCount: number }
    | {
        readonly code: 'rebalanced'
        readonly count: number
        readonly joined: readonly string[]
        readonly left: readonly string[]
      }
    | ({ readonly code: 'offset-moved-back'; readonly from: bigint; readonly to: bigint } & TopicPartition)
    /** `largest` events were committed at once, `longest` milliseconds after the commit before. */
    | ({
        readonly code: 'commits-late' | 'commits-seen'
        readonly largest: bigint
        readonly longest: number
      } & TopicPartition)
    | ({ readonly code: 'never-committed' } & Partitions)
  )

/** What the doctor found. src/ui/notes/doctor-notes.ts has the sentences for each code. */
export type Fact = ConnectionFact | FileFact | DeclarationFact | StoreFact | GroupFact | TopicFact | WatchFact

/** A fact, how bad it is, and what to do about it. */
export type Finding = Fact & {
  readonly severity: Severity
  /** What mends it; empty for facts that need no change. */
  readonly hints: readonly Hint[]
}

/** Whether a finding is a fault. */
export const isFault = ({ severity }: Pick<Finding, 'severity'>): boolean =>
  severity === 'error' || severity === 'warning'

/** Creates findings of each severity. */
export const ok = (fact: Fact): Finding => ({ ...fact, severity: 'ok', hints: [] })
export const info = (fact: Fact, hints: readonly Hint[] = []): Finding => ({ ...fact, severity: 'info', hints })
export const warning = (fact: Fact, hints: readonly Hint[]): Finding => ({ ...fact, severity: 'warning', hints })
export const error = (fact: Fact, hints: readonly Hint[]): Finding => ({ ...fact, severity: 'error', hints })
