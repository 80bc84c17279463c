/**
 * What a number of events counts. `records`: every counted offset holds an event. `offsets`: some of the counted offsets hold no
 * event, because of compaction or transactions, so the number is an upper bound.
 */
export type EventCount = 'records' | 'offsets'
