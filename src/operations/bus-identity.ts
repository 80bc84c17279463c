/** Identifies a bus, so that a plan or an undo record is not applied to another bus. */
export interface BusIdentity {
  /** For display: `memory`, `embedded /path/to/file`, `kafka`. */
  readonly kind: string
  readonly clusterId: string
}

/** The bus of a command, as documents and prompts name it. */
export interface NamedBus {
  readonly kind: string
  /** Absent if the bus has not answered. */
  readonly clusterId?: string | undefined
  /** The profile in force. */
  readonly profile?: string | undefined
  /** The addresses of brokers, separated by commas. */
  readonly brokers?: string | undefined
  /** How a profile protects the bus. */
  readonly guard?: 'read-only' | 'protected' | undefined
}
