/** The color of an event type, as a method of chalk. */
export type EventTypeColor = 'red' | 'yellow' | 'cyan'

/** The words of event types that report a failure, as alternatives of a regular expression. */
const FAILURES =
  'Fail|Failed|Failure|Error|Errored|Reject|Rejected|Declined|Denied|Refused|Aborted|Expired|Timeout|TimedOut|Invalid|Unavailable|Insufficient'
/** The words of event types that undo an earlier step. */
const COMPENSATIONS = String.raw`Cancel|Cancelled|Canceled|Refund|Refunded|Release|Released|Compensat\w*?|Reverted|Reversed|Voided|Undone|RolledBack`

/** Matches one of the words of a name in camel case, kebab case or snake case, so that `ErrorlessPayment` has no match. */
const wordOf = (words: string): RegExp =>
  new RegExp(`(?:${words})(?![a-z])|(?<![A-Za-z])(?:${words.toLowerCase()})(?![A-Za-z])`)

const failure = wordOf(FAILURES)
const compensation = wordOf(COMPENSATIONS)

/**
 * Returns the color of an event type by the words in its name: red for a failure such as `PaymentFailed.v1`, yellow for a
 * compensation such as `StockReleased.v1`, cyan for any other event. A failed compensation (`RefundFailed`) is a failure.
 */
export function eventTypeColor(eventType: string): EventTypeColor {
  if (failure.test(eventType)) return 'red'
  return compensation.test(eventType) ? 'yellow' : 'cyan'
}
