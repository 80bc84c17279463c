import type { TopicPartition } from '../../bus/admin.ts'
import { partitionName } from '../../bus/names/names.ts'

/** Joins names for one line, at most `max` of them: `a, b, c and 4 more`. */
export const listed = (names: readonly string[], max: number): string =>
  names.length > max ? `${names.slice(0, max).join(', ')} and ${names.length - max} more` : names.join(', ')

/** Joins partitions for one line, at most `max` of them: `order-events[0], order-events[1] and 4 more`. */
export const listedPartitions = (partitions: readonly TopicPartition[], max: number): string =>
  listed(partitions.map(partitionName), max)

/** Formats a count with its noun: `1 event`, `2 events`. */
export const plural = (count: number | bigint, noun: string): string =>
  `${count} ${noun}${BigInt(count) === 1n ? '' : 's'}`

/** The most names that a question or a note lists. */
const MAX_NAMES = 5

/** Names things with their noun, and counts them if there are several: `topic a`, `2 topics (a, b)`. */
export const counted = (names: readonly string[], noun: string): string =>
  names.length === 1 ? `${noun} ${names[0]}` : `${plural(names.length, noun)} (${listed(names, MAX_NAMES)})`

/** A sentence about something with a name. */
export interface NamedLine {
  readonly name: string
  readonly line: string
}

/** Returns each sentence once, after the names of everything that it is about: `billing, shipping: a transaction is open`. */
export const sharedLines = (lines: readonly NamedLine[]): string[] =>
  [...Map.groupBy(lines, ({ line }) => line)].map(([line, own]) => {
    const names = own.map(({ name }) => name)
    return `${listed(names, MAX_NAMES)}: ${line}`
  })
