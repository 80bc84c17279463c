import { causeIn } from './match.ts'
import { statedTime, type TracedMessage, type TraceFinding, type TraceOptions } from './trace.ts'

/** By how much an effect may precede its cause: clocks that NTP keeps differ by some milliseconds. */
const CLOCK_TOLERANCE_MS = 10
/** The steps of a consumer that handles a message twice are further apart; the events of one step are closer to each other. */
const MIN_STEP_DISTANCE_MS = 1000

/**
 * Finds the faults of a conversation. Reports only what its messages prove: where a history without faults may look the same, there
 * is no finding.
 */
export function findFindings(messages: readonly TracedMessage[], options: TraceOptions): readonly TraceFinding[] {
  const redelivered = findRedelivered(messages)
  return [
    ...findDuplicates(messages),
    ...redelivered,
    ...(options.isComplete ? findMissingCauses(messages, options) : []),
    ...findOverdue(messages, new Set(redelivered.flatMap((finding) => finding.messages)), options),
    ...findSkew(messages),
    ...findSeveralRoots(messages),
    ...findUndecodable(messages),
    ...findDeadLetters(messages),
  ]
}

/** The publisher published a message twice. A copy that is the retry of a dead letter is on the topic because a person wanted it. */
const findDuplicates = (messages: readonly TracedMessage[]): TraceFinding[] =>
  [
    ...grouped(messages, ({ copyOf, message }) => (message.retriedFrom === undefined ? copyOf : undefined)).values(),
  ].map((copies) => ({
    code: 'duplicate',
    messages: indexes(copies),
  }))

/**
 * A consumer handled a message twice: two effects of one cause have the same topic, type, key and causation id, which a step writes
 * only once, and the same data, or they were created in steps that are far apart.
 */
function findRedelivered(messages: readonly TracedMessage[]): TraceFinding[] {
  const effects = messages.filter(({ causedBy, copyOf, message }) => {
    return causedBy === 'causation' && copyOf === undefined && message.kind !== 'dead-letter'
  })
  const findings: TraceFinding[] = []
  const alike = grouped(effects, ({ message: { topic, key, event } }) =>
    [event?.metadata?.causationId, topic, event?.eventType, key && Buffer.from(key).toString('hex')].join('\n'),
  )
  for (const [first, ...others] of alike.values()) {
    if (first === undefined) continue
    const again = others.filter((other) => isAnotherStep(first, other))
    if (again.length > 0) findings.push({ code: 'redelivered', cause: first.cause as number, messages: indexes(again) })
  }
  return findings
}

function isAnotherStep({ message: a }: TracedMessage, { message: b }: TracedMessage): boolean {
  if (a.event !== undefined && b.event !== undefined && Buffer.from(a.event.data).equals(b.event.data)) return true
  const [first, second] = [statedTime(a), statedTime(b)]
  return first !== undefined && second !== undefined && Math.abs(second - first) >= MIN_STEP_DISTANCE_MS
}

/**
 * Messages whose causation id is the id of a message that was not found. `gap`: an event of an aggregate, whose cause is always a
 * command, is missing that command although earlier messages of the conversation are there. `orphan`: all others, such as a command
 * that a timer caused, if the event store of the saga was not read: timers are on no topic.
 */
function findMissingCauses(
  messages: readonly TracedMessage[],
  { topics, since }: Pick<TraceOptions, 'topics' | 'since'>,
): TraceFinding[] {
  const orphans = messages.filter(({ cause, copyOf }) => cause === undefined && copyOf === undefined)
  const byCause = grouped(orphans, ({ message }) => causeIn(message.event?.metadata?.causationId))
  return [...byCause].map(([causeId, own]): TraceFinding => {
    const [{ index, message, time }] = own as [TracedMessage, ...TracedMessage[]]
    const topic = `${message.owner}-commands`
    const hasEarlier = messages.some((other) => other.index < index && isBefore(other.time, time))
    const isGap = message.kind === 'event' && topics.includes(topic) && hasEarlier
    return isGap
      ? { code: 'gap', causeId, topic, messages: indexes(own) }
      : { code: 'orphan', causeId, since, messages: indexes(own) }
  })
}

const isBefore = (time: number | undefined, other: number | undefined): boolean =>
  time !== undefined && other !== undefined && time < other

/**
 * Commands that no event followed, although the event topic of their aggregate was read and all its events name their causes. A
 * command that is a dead letter is reported as that; one that repeats another may have been ignored rightly.
 */
function findOverdue(
  messages: readonly TracedMessage[],
  redelivered: ReadonlySet<number>,
  { topics, isComplete, now, overdue }: TraceOptions,
): TraceFinding[] {
  if (!isComplete) return []
  const causes = new Set(messages.map(({ cause }) => cause))
  const unnamed = new Set(
    messages.flatMap(({ message: { kind, topic, event } }) =>
      kind === 'event' && causeIn(event?.metadata?.causationId) === undefined ? [topic] : [],
    ),
  )
  return messages.flatMap(({ index, message, time, copyOf }): TraceFinding[] => {
    const { kind, owner, id } = message
    const topic = `${owner}-events`
    const isAnswered = causes.has(index) || copyOf !== undefined || redelivered.has(index) || unnamed.has(topic)
    if (kind !== 'command' || id === undefined || time === undefined || isAnswered || !topics.includes(topic)) return []
    const age = now - time
    return age < overdue ? [] : [{ code: 'overdue', age, topic, messages: [index] }]
  })
}

/** Effects with an earlier time than their cause. */
function findSkew(messages: readonly TracedMessage[]): TraceFinding[] {
  const early = messages.filter(
    ({ causedBy, elapsed = 0 }) => causedBy === 'causation' && elapsed < -CLOCK_TOLERANCE_MS,
  )
  if (early.length === 0) return []
  const most = early.reduce((max, { elapsed = 0 }) => Math.max(max, -elapsed), 0)
  return [{ code: 'clock-skew', most, messages: indexes(early) }]
}

/**
 * Two conversations with one id: the command that began the first one was sent again later to another aggregate, and no message
 * caused it. A client may send several commands at once.
 */
function findSeveralRoots(messages: readonly TracedMessage[]): TraceFinding[] {
  const [first, ...others] = messages.filter(({ cause, copyOf, message: { kind, event } }) => {
    const isRoot = cause === undefined && causeIn(event?.metadata?.causationId) === undefined
    return isRoot && kind === 'command' && copyOf === undefined
  })
  const later = first === undefined ? [] : others.filter((other) => beginsAgain(first, other))
  return first === undefined || later.length === 0
    ? []
    : [{ code: 'several-roots', messages: indexes([first, ...later]) }]
}

function beginsAgain({ message: a, time: first }: TracedMessage, { message: b, time: second }: TracedMessage): boolean {
  if (a.topic !== b.topic || a.event?.eventType !== b.event?.eventType) return false
  if (a.key === null || b.key === null || Buffer.from(a.key).equals(b.key)) return false
  return first !== undefined && second !== undefined && second - first >= MIN_STEP_DISTANCE_MS
}

const findUndecodable = (messages: readonly TracedMessage[]): TraceFinding[] =>
  [...grouped(messages, ({ message: { payload } }) => payload.error)].map(([reason, own]) => ({
    code: 'undecodable',
    reason,
    messages: indexes(own),
  }))

/** Finds the dead letters that are neither resolved nor discarded. */
function findDeadLetters(messages: readonly TracedMessage[]): TraceFinding[] {
  const dead = messages.filter(
    ({ message: { kind, deadLetter } }) =>
      kind === 'dead-letter' && !['resolved', 'discarded'].includes(deadLetter?.stored?.status ?? ''),
  )
  return [...grouped(dead, ({ message }) => message.deadLetter?.reason ?? '')].map(([reason, own]) => ({
    code: 'dead-letter',
    reason: reason === '' ? undefined : reason,
    messages: indexes(own),
  }))
}

/** Groups messages by a value, and leaves out those without one. */
function grouped<Key>(
  messages: readonly TracedMessage[],
  by: (message: TracedMessage) => Key | undefined,
): ReadonlyMap<Key, readonly TracedMessage[]> {
  const groups = Map.groupBy(messages, by)
  groups.delete(undefined)
  return groups as ReadonlyMap<Key, readonly TracedMessage[]>
}

const indexes = (messages: readonly TracedMessage[]): readonly number[] => messages.map(({ index }) => index)
