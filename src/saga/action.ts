/**
 * A command or an event: a member of a union whose members differ in `type`, such as `{ type: 'OrderPlaced', order_id: 'o-1' }`.
 */
export interface Action {
  readonly type: string
}
