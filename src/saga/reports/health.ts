/** The outcome of a handled message. `nothing`: the message changed nothing. `repeated`: it was handled before. */
export type HandledKind = 'reacted' | 'repeated' | 'nothing' | 'rejected'

/** Counters of a running aggregate or saga since the start of this process. */
export interface Counts {
  /** Messages by their outcome. */
  readonly handled: Readonly<Record<HandledKind, number>>
  /** Attempts that failed and were retried. */
  readonly retried: number
  /** Messages that became dead letters, not counting rejected commands. */
  readonly deadLetters: number
  /** Messages published from the outbox. */
  readonly published: number
}

/** An outage of the store or the bus, during which the runtime waits. */
export interface Wait {
  /** What the runtime waits for, such as `store` or `bus (order-events)`. */
  readonly for: string
  /** When the outage was noticed. */
  readonly since: Date
  /** The first failure. */
  readonly reason: string
}

/** The health of a running aggregate or saga, as `Running.health` returns it. */
export interface Health {
  /** `waiting`: the store or the bus is unreachable. `stopped`: the runtime was closed, or could not continue. */
  readonly status: 'ok' | 'waiting' | 'stopped'
  /** Empty unless `waiting`. */
  readonly waits: readonly Wait[]
  /** Why the runtime could not continue. */
  readonly error?: string | undefined
}
