/**
 * What a number of events rests on. `records`: an event for each. `offsets`: the offsets between two places, of which
 * compaction or transactions left some without an event, so that there are at most so many.
 */
export type EventCount = 'records' | 'offsets'
