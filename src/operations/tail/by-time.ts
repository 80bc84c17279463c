import { compareNumbers, comparePartitions } from '../../bus/compare.ts'
import type { EventView } from '../events/event-view.ts'

/** Compares events by record timestamp, then by position. */
export const byTime = ({ record: a }: EventView, { record: b }: EventView): number =>
  compareNumbers(a.timestamp, b.timestamp) || comparePartitions(a, b) || compareNumbers(a.offset, b.offset)
