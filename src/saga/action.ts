/**
 * A command or an event: a member of a union whose members differ in `type`, such as `{ type: 'OrderPlaced', order_id: 'o-1' }`.
 */
export interface Action {
  /** The name that distinguishes the members of the union: `OrderPlaced`. */
  readonly type: string
}
