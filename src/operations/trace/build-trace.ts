import { compareNumbers, comparePartitions } from '../../bus/compare.ts'
import { type CauseLink, findCauses } from './causes.ts'
import { findFindings } from './findings.ts'
import type { Message } from './message.ts'
import { nameParticipants } from './participants.ts'
import { statedTime, type Trace, type TracedMessage, type TraceOptions, timeOf } from './trace.ts'

/** Arranges the messages of a conversation as a tree of causes and effects, and finds the faults in it. */
export function buildTrace(gathered: readonly Message[], options: TraceOptions): Trace {
  const messages = inOrder(gathered)
  const links = findCauses(messages)
  const copies = findCopies(messages)
  const { lanes, participants } = nameParticipants(messages, links, options.topics)
  const depths = depthsOf(links)
  const traced = messages.map((message, index): TracedMessage => {
    const { cause, causedBy } = links[index] ?? {}
    const [time, causeTime] = [timeOf(message), cause === undefined ? undefined : timeOf(messages[cause] as Message)]
    const { from, to } = lanes[index] as { from: string; to: string }
    return {
      index,
      message,
      time,
      cause,
      causedBy,
      elapsed: time === undefined || causeTime === undefined ? undefined : time - causeTime,
      copyOf: copies.get(index),
      depth: depths[index] ?? 0,
      from,
      to,
    }
  })
  const { correlationId, isComplete } = options
  return { correlationId, messages: traced, participants, findings: findFindings(traced, options), isComplete }
}

/** Sorts messages by time; where times are equal, causes before effects, then by position. */
function inOrder(gathered: readonly Message[]): readonly Message[] {
  const byPosition = gathered.toSorted(
    (a, b) => comparePartitions(a, b) || compareNumbers(a.offset, b.offset) || compareNumbers(a.timestamp, b.timestamp),
  )
  const links = findCauses(byPosition, 'causation')
  const depths = depthsOf(links)
  const times = byPosition.map((message) => timeOf(message) ?? statedTime(message))
  // A message without any time comes after its cause. Causes are visited before their effects.
  for (const index of [...byPosition.keys()].sort((a, b) => (depths[a] ?? 0) - (depths[b] ?? 0))) {
    const { cause } = links[index] ?? {}
    times[index] ??= (cause === undefined ? undefined : times[cause]) ?? 0
  }
  return [...byPosition.keys()]
    .sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0) || (depths[a] ?? 0) - (depths[b] ?? 0) || a - b)
    .map((index) => byPosition[index] as Message)
}

/** Counts the causes above each message. */
function depthsOf(links: readonly CauseLink[]): readonly number[] {
  const depths: number[] = []
  for (const start of links.keys()) {
    // A chain may have thousands of messages, so this does not recurse.
    const chain: number[] = []
    let at: number | undefined = start
    while (at !== undefined && depths[at] === undefined) {
      chain.push(at)
      at = links[at]?.cause
    }
    let depth = at === undefined ? -1 : (depths[at] as number)
    for (const index of chain.reverse()) depths[index] = depth += 1
  }
  return depths
}

/**
 * Returns for each copy the index of the first message with the same id on the same topic. Without a timestamp and a causation id,
 * two equal messages may be two messages.
 */
function findCopies(messages: readonly Message[]): ReadonlyMap<number, number> {
  const firsts = new Map<string, number>()
  const copies = new Map<number, number>()
  for (const [index, { id, topic, kind, event }] of messages.entries()) {
    const { timestamp, causationId } = event?.metadata ?? {}
    if (id === undefined || kind === 'dead-letter' || (timestamp ?? causationId) === undefined) continue
    const name = `${id} ${topic}`
    const first = firsts.get(name)
    if (first === undefined) firsts.set(name, index)
    else copies.set(index, first)
  }
  return copies
}
