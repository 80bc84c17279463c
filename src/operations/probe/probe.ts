import type { GroupState } from '../../bus/admin.ts'
import type { NewRecord } from '../../bus/record.ts'
import type { BusIdentity } from '../bus-identity.ts'

/** How events are published; see {@link scenarioOrder}. */
export type Scenario = 'once' | 'twice' | 'late' | 'in-order' | 'out-of-order' | 'burst'

/** The scenarios in the order of the report. The ones after `once` are compared with it, `out-of-order` with `in-order`. */
export const scenarioOrder: readonly Scenario[] = ['once', 'twice', 'late', 'in-order', 'out-of-order', 'burst']

/** The record header that marks the events of a probe: the id of the run and the scenario. */
export const PROBE_HEADER = 'crbus-probe'

/** Events with a correlation id of their own, so that their effects can be told from those of other events. */
export interface ProbeCase {
  readonly scenario: Scenario
  readonly correlationId: string
  /** The records in the order in which they are published. */
  readonly records: readonly NewRecord[]
  /** The ids of their messages, for effects that name their cause and have no correlation id. */
  readonly messageIds: readonly string[]
}

/** A topic on which the consumer publishes effects, and their event type. */
export interface ExpectedEffect {
  readonly topic: string
  /** Absent: every type. */
  readonly eventType?: string | undefined
}

export interface ProbePlan {
  /** The id of the run, which the correlation ids begin with: `crbus-probe-3f9a1c2e`. */
  readonly run: string
  readonly topic: string
  readonly cases: readonly ProbeCase[]
  readonly expected: readonly ExpectedEffect[]
  /** The groups that must read the events. Empty: the probe only waits for silence. */
  readonly groups: readonly ProbedGroup[]
  /** Milliseconds without progress after which the probe stops waiting. */
  readonly settle: number
  readonly bus: BusIdentity
}

export interface ProbedGroup {
  readonly group: string
  readonly state: GroupState
  readonly memberCount: number
}

/** Messages of one type on one topic, or events of one type in the event store, that the events of a scenario caused. */
export interface Effect {
  /** Absent: the effect is in the event store. */
  readonly topic?: string | undefined
  readonly eventType: string
  readonly count: number
}

/** The result of one scenario. */
export interface ScenarioResult {
  readonly scenario: Scenario
  readonly converged: boolean
  /** The number of records that were published. */
  readonly published: number
  readonly effects: readonly Effect[]
  /** Empty if the consumer converged. */
  readonly problems: readonly ProbeProblem[]
}

/** Why a consumer did not converge. src/ui/probe/problem-text.ts has the sentence of each code. */
export type ProbeProblem =
  /** An expected effect did not come. */
  | ({ readonly code: 'effect-missing' } & ExpectedEffect)
  /** Events had more effects (`duplicated`) or fewer (`lost`) than those that they are compared with. */
  | {
      readonly code: 'duplicated' | 'lost'
      /** Absent: the effects are in the event store. */
      readonly topic?: string | undefined
      readonly eventType: string
      /** The number of effects too many or too few. */
      readonly count: number
      readonly expected: number
      /** The correlation ids of the events: the first of them. */
      readonly correlationId: string
      /** The number of correlation ids. */
      readonly cases: number
      readonly comparedWith: Scenario
    }
  /** `count` events that a group has not committed. */
  | { readonly code: 'not-read'; readonly group: string; readonly count: number }
  /** Events became dead letters: on a topic, or without one in the event store. */
  | {
      readonly code: 'dead-letter'
      readonly topic?: string | undefined
      readonly count: number
      readonly correlationId: string
    }

export interface ProbeResult {
  readonly converged: boolean
  readonly results: readonly ScenarioResult[]
  /** Milliseconds from the first event to the end of the wait. */
  readonly duration: number
}
