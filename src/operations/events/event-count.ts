/**
 * The basis of a number of events. `records`: each counted offset holds an event. `offsets`: compaction or transactions left some
 * offsets without an event, so the number is an upper bound.
 */
export type EventCount = 'records' | 'offsets'
