/** Identifies a bus, so that a plan or an undo record is not applied to another bus. */
export interface BusIdentity {
  /** For display: `memory`, `embedded /path/to/file`, `kafka`. */
  readonly kind: string
  readonly clusterId: string
}
