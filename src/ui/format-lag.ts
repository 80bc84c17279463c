import type { GroupLag, LagReport, LagSummary, PartitionLag } from '../operations/lag/lag.ts'
import type { WaitingTypes } from '../operations/lag/waiting-by-type.ts'
import { formatDuration } from './text/format-duration.ts'
import { printable } from './text/printable.ts'
import { formatTable, tableParts } from './text/table.ts'

/**
 * Groups, then their topics, then, when asked for, every partition; `-` for what is not there or not known. In parts,
 * since partitions may be many.
 */
export function* formatLag(
  { groups, sample }: LagReport,
  { partitions }: { readonly partitions: boolean },
): Generator<string> {
  const isSampled = sample !== undefined
  const summary = ['LAG', 'AGE', ...(isSampled ? ['IN/S', 'OUT/S', 'CATCH-UP'] : []), 'VERDICT']
  yield* tableParts(
    ['GROUP', 'STATE', 'MEMBERS', 'TOPICS', ...summary],
    groups.map((group) => [
      group.group,
      group.state,
      group.members,
      group.topics.length,
      ...summaryCells(group, isSampled),
    ]),
  )
  yield '\n'
  yield* tableParts(
    ['GROUP', 'TOPIC', 'PARTITIONS', ...summary],
    groups.flatMap(({ group, topics }) =>
      topics.map((topic) => [group, topic.topic, topic.partitions.length, ...summaryCells(topic, isSampled)]),
    ),
  )
  if (!partitions) return
  yield '\n'
  yield* tableParts(['GROUP', 'TOPIC', 'PARTITION', 'COMMITTED', 'START', 'END', 'MEMBER', 'HOST', ...summary], {
    *[Symbol.iterator]() {
      for (const group of groups) yield* partitionRows(group, isSampled)
    },
  })
}

/** More than this of a kind at once helps no reader. */
const MAX_NAMED = 3

/** What the figures do not tell, a sentence each. `now` is the clock that ages are relative to. */
export function lagNotes({ groups }: Pick<LagReport, 'groups'>, now: number): string[] {
  return groups.flatMap(({ group, gone, topics }) => {
    // A group may have thousands of partitions, and most have nothing to note.
    const places = topics.flatMap(({ topic, partitions }) =>
      partitions.filter(isNoted).map((place) => ({ ...place, topic, name: `${topic}[${place.partition}]` })),
    )
    const notes: string[] = []
    const held = places.filter(({ transaction }) => transaction !== undefined)
    for (const { name, topic, partition, transaction } of held.slice(0, MAX_NAMED)) {
      const { offset = 0n, since } = transaction ?? {}
      const began =
        since === undefined
          ? ''
          : ` since ${new Date(since).toISOString()} (${formatDuration(Math.max(0, now - since))})`
      notes.push(
        `a transaction is open in ${name}${began} at offset ${offset} and holds back read-committed consumers; to end it: kafka-transactions.sh abort --topic ${topic} --partition ${partition} --start-offset ${offset}`,
      )
    }
    if (held.length > MAX_NAMED) notes.push(`transactions are open in ${held.length - MAX_NAMED} more partitions`)
    if (gone !== undefined) {
      const from = namesOf(places.filter((place) => place.gone !== undefined).map(({ name }) => name))
      notes.push(`${gone} events behind the committed offset were deleted unread from ${from}; LAG leaves them out`)
    }
    const compacted = topics.filter(({ counts }) => counts === 'offsets').map(({ topic }) => topic)
    if (compacted.length > 0) {
      notes.push(`LAG counts offsets of ${namesOf(compacted)}, which is compacted: at most so many events wait`)
    }
    const ahead = places.filter((place) => place.ahead !== undefined).map(({ name }) => name)
    if (ahead.length > 0) {
      notes.push(`the first waiting event of ${namesOf(ahead)} is dated in the future, so its age is not known`)
    }
    const unreadable = new Set(places.flatMap((place) => place.unreadable ?? []))
    for (const reason of [...unreadable].slice(0, MAX_NAMED)) {
      notes.push(`the first waiting event cannot be read, so its age is not known: ${reason}`)
    }
    if (unreadable.size > MAX_NAMED) notes.push(`the same holds of ${unreadable.size - MAX_NAMED} more partitions`)
    return notes.map((note) => printable(`${group}: ${note}`))
  })
}

const isNoted = ({ transaction, gone, ahead, unreadable }: PartitionLag): boolean =>
  transaction !== undefined || gone !== undefined || ahead !== undefined || unreadable !== undefined

const namesOf = (names: readonly string[]): string =>
  names.length > MAX_NAMED
    ? `${names.slice(0, MAX_NAMED).join(', ')} and ${names.length - MAX_NAMED} more`
    : names.join(', ')

function* partitionRows({ group, topics }: GroupLag, isSampled: boolean) {
  for (const { topic, partitions } of topics) {
    for (const place of partitions) {
      const { partition, committed, start, end, member, host } = place
      const offsets = [committed ?? '', start ?? '', end ?? '']
      yield [group, topic, partition, ...offsets, member ?? '', host ?? '', ...summaryCells(place, isSampled)]
    }
  }
}

function summaryCells({ lag, age, rates, verdict }: LagSummary, isSampled: boolean): (string | bigint)[] {
  const { in: incoming, out, catchUp } = rates ?? {}
  const rate = (perSecond: number | undefined) => perSecond?.toFixed(1) ?? ''
  const sampled = [rate(incoming), rate(out), catchUp === undefined ? '' : formatDuration(catchUp)]
  return [lag ?? '', age === undefined ? '' : formatDuration(age), ...(isSampled ? sampled : []), verdict ?? '']
}

/** What waits by event type: so many EVENTS of those READ, of all that are WAITING. */
export function formatWaiting(counted: readonly WaitingTypes[]): string {
  return formatTable(
    ['GROUP', 'TOPIC', 'EVENT-TYPE', 'EVENTS', 'READ', 'WAITING'],
    counted.flatMap(({ group, topic, waiting, read, types }) =>
      types.map(({ eventType, count }) => [group, topic, eventType, count, read, waiting]),
    ),
  )
}
