import type { TopicPartition } from './admin.ts'

// Comparators for `sort`.

/** Compares texts by their UTF-16 code units, so that the order is the same in every locale. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Compares offsets, timestamps and counts, the smallest first. */
export const compareNumbers = <Value extends bigint | number>(a: Value, b: Value): number =>
  a < b ? -1 : a > b ? 1 : 0

/** Compares partitions by topic and number. */
export const comparePartitions = (a: TopicPartition, b: TopicPartition): number =>
  compareText(a.topic, b.topic) || a.partition - b.partition
