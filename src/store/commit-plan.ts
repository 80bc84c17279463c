import { advice } from '../bus/hints.ts'
import { rejectedHead } from './dead-letter-text.ts'
import { EventStoreError, invalidAppend, timerGone, versionConflict } from './errors.ts'
import type { Commit, Committed, RejectedCommand, StreamAppend, Timer } from './event-store.ts'
import { checkDeadLetter, checkName, checkTime, checkTopic, type EventColumns, toColumns } from './stored-form.ts'

/** The state of the store that commits are checked against. */
export interface StoreState {
  /** Returns the version of a stream's last event; 0 when the stream does not exist. */
  version(streamId: string): number
  /** Returns when a timer is due, in milliseconds; `undefined` when it is not set. */
  dueOf(id: string): number | undefined
}

interface EventToWrite extends EventColumns {
  readonly streamId: string
  readonly version: number
}

interface MessageToWrite extends EventColumns {
  /** The stream of the commit's first append. */
  readonly streamId: string | null
  readonly topic: string
  /** The key of the record; `null` for the event type. */
  readonly key: string | null
}

interface TimerToWrite extends EventColumns {
  readonly id: string
  readonly streamId: string
  readonly due: Date
}

/** A dead letter for a rejected command. */
interface RejectedToWrite extends EventColumns {
  readonly streamId: string
  readonly originalTimestamp: Date
  readonly error: string
  /** The beginning of `details`, which identifies the command among the dead letters of its stream. */
  readonly head: string
  readonly details: string
}

/** The results of a list of commits, and the rows to write for them. */
export interface CommitPlan {
  /** One result for each commit. */
  readonly results: readonly Committed[]
  readonly events: readonly EventToWrite[]
  readonly messages: readonly MessageToWrite[]
  /**
   * Timers to remove before `timers` are set, by id. The value is the time at which the stored timer must be due; `undefined` if
   * an earlier commit of the same list has set the timer, in which case a stored timer with this id is removed whatever its time
   * is.
   */
  readonly fired: ReadonlyMap<string, Date | undefined>
  /** Timers to set, by id: their final settings. */
  readonly timers: ReadonlyMap<string, TimerToWrite>
  /** Dead letters of rejected commands, without duplicates: the key contains the stream, the topic and the message id. */
  readonly rejected: ReadonlyMap<string, RejectedToWrite>
}

/**
 * Plans commits in their order without writing. Each commit sees the effects of the commits before it. A commit that fails has no
 * effect.
 */
export function planCommits(commits: readonly Commit[], state: StoreState): CommitPlan {
  const events: EventToWrite[] = []
  const messages: MessageToWrite[] = []
  const fired = new Map<string, Date | undefined>()
  const timers = new Map<string, TimerToWrite>()
  const rejected = new Map<string, RejectedToWrite>()
  const versions = new Map<string, number>()
  /** The timers that earlier commits of the list have set, with their due times, or fired, with `undefined`. */
  const changedTimers = new Map<string, number | undefined>()
  const dueOf = (id: string) => (changedTimers.has(id) ? changedTimers.get(id) : state.dueOf(id))

  const results = commits.map((commit): Committed => {
    try {
      const appended = planAppends(commit.appends, (streamId) => versions.get(streamId) ?? state.version(streamId))
      const toFire = new Map(commit.fired?.map(({ id, due }) => [id, due]))
      for (const { id, due } of commit.fired ?? []) if (dueOf(id) !== due.getTime()) throw timerGone(id)
      const toSend = planMessages(commit)
      const toSet = (commit.timers ?? []).map(toTimerToWrite)
      const toReject = (commit.rejected ?? []).map(toRejectedToWrite)

      // Record the effects only after all checks: nothing below can fail.
      for (const [streamId, version] of appended.versions) versions.set(streamId, version)
      for (const event of appended.events) events.push(event)
      for (const message of toSend) messages.push(message)
      for (const [id, due] of toFire) {
        if (!fired.has(id)) fired.set(id, changedTimers.has(id) ? undefined : due)
        timers.delete(id)
        changedTimers.set(id, undefined)
      }
      for (const timer of toSet) {
        timers.set(timer.id, timer)
        changedTimers.set(timer.id, timer.due.getTime())
      }
      for (const letter of toReject) rejected.set(`${letter.streamId}\n${letter.head}`, letter)
      return { ok: true, versions: appended.last }
    } catch (error) {
      if (error instanceof EventStoreError) return { ok: false, error }
      throw error
    }
  })
  return { results, events, messages, fired, timers, rejected }
}

function planAppends(appends: readonly StreamAppend[], current: (streamId: string) => number) {
  const versions = new Map<string, number>()
  const events: EventToWrite[] = []
  const last = appends.map(({ streamId, expectedVersion, events: appended }) => {
    checkName('the stream id', streamId)
    if (appended.length === 0) throw invalidAppend(`no events were given to append to '${streamId}'`, { streamId })
    checkExpected(streamId, expectedVersion)
    let version = versions.get(streamId) ?? current(streamId)
    if (expectedVersion !== 'any' && expectedVersion !== version) {
      throw versionConflict(streamId, expectedVersion, version)
    }
    for (const event of appended) {
      version += 1
      events.push({ streamId, version, ...toColumns(event) })
    }
    versions.set(streamId, version)
    return version
  })
  return { versions, events, last }
}

function checkExpected(streamId: string, expected: StreamAppend['expectedVersion']): void {
  if (expected === 'any' || (Number.isSafeInteger(expected) && expected >= 0)) return
  throw invalidAppend(`invalid expected version ${expected} of '${streamId}'`, {
    streamId,
    hints: [advice("use 0 for a stream that must not exist yet, or 'any' for any version")],
  })
}

function planMessages({ appends, messages = [] }: Commit): MessageToWrite[] {
  const streamId = appends[0]?.streamId ?? null
  return messages.map(({ topic, key, event }) => {
    checkTopic(topic)
    if (key !== undefined) checkName('the record key', key)
    return { streamId, topic, key: key ?? null, ...toColumns(event) }
  })
}

function toTimerToWrite({ id, streamId, due, event }: Timer): TimerToWrite {
  checkName('the id of a timer', id)
  checkName('the stream id', streamId)
  checkTime(`the time of timer '${id}'`, due)
  return { id, streamId, due, ...toColumns(event) }
}

function toRejectedToWrite(command: RejectedCommand): RejectedToWrite {
  checkDeadLetter(command)
  const { streamId, topic, originalTimestamp, error, details = '', messageId, event } = command
  checkName('the message id', messageId)
  const head = rejectedHead(topic, messageId)
  return { streamId, originalTimestamp, error, head, details: `${head}${details}`, ...toColumns(event) }
}
