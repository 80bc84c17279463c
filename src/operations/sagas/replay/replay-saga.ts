import { messageId } from '../../../codecs/message-id.ts'
import type { Action } from '../../../saga/action.ts'
import { leavesOf } from '../../../saga/effects.ts'
import { react } from '../../../saga/engine/reaction.ts'
import type { Saga } from '../../../saga/saga.ts'
import { versionedHandler } from '../../../saga/saga-versions.ts'
import type { StoredEvent } from '../../../store/event-store.ts'
import { plainState, type StateChange, stateChanges } from './state-changes.ts'

/** A message that the code sends for an event. */
export interface ReplayedMessage {
  readonly topic: string
  readonly eventType: string
  /** The message id, which is the same as that of the sent message if the content is the same. */
  readonly id: string
}

/** What the code does with one stored event. */
interface ReplayedStep {
  readonly version: number
  readonly changes: readonly StateChange[]
  /** Whether the event changes nothing, although the saga stored it because it had an effect. */
  readonly isIgnored: boolean
  readonly messages: readonly ReplayedMessage[]
}

/** The result of reducing a stream with the code of a saga. It can be sent as JSON. */
export interface ReplayedSaga {
  readonly steps: readonly ReplayedStep[]
  /** The state after the last event that the code could reduce. */
  readonly state: unknown
  /** The event that the code could not reduce, and why. The steps end before it. */
  readonly failed?: { readonly version: number; readonly eventType: string; readonly reason: string } | undefined
}

/** Reduces a stream with the code of a saga, event by event. Nothing is stored or sent. */
export function replaySaga(saga: Saga<unknown, Action>, stream: readonly StoredEvent[]): ReplayedSaga {
  const steps: ReplayedStep[] = []
  const [first] = stream
  if (first === undefined) return { steps, state: plainState(saga.initial) }
  let at = first
  let plain: unknown
  try {
    const handler = versionedHandler(saga, undefined)
    let state = handler.begin?.(first.streamId, first.event) ?? handler.initial
    let cause: string | undefined
    plain = plainState(state.state)
    for (const stored of stream) {
      at = stored
      const { event, version, streamId, createdAt } = stored
      const { timestamp, causationId } = event.metadata ?? {}
      const action = handler.codec.decode(event)
      if (action === undefined) {
        steps.push({ version, changes: [], isIgnored: true, messages: [] })
        continue
      }
      const time = timestamp === undefined ? createdAt : new Date(timestamp)
      const step = handler.reduce(state, action, time)
      // Events that the saga appended itself follow from the event before, whose reaction includes their messages.
      const isFollowing = causationId !== undefined && causationId.replace(/#\d+$/, '') === cause
      const instance = { streamId, version: version - 1, state, handled: new Set<string>() }
      const reaction =
        isFollowing || causationId === undefined
          ? undefined
          : react(handler, instance, action, { event, id: causationId }, time)
      const after = plainState(step.state.state)
      steps.push({
        version,
        changes: stateChanges(plain, after),
        isIgnored: step.state === state && leavesOf(step.effects).length === 0,
        messages: (reaction?.messages ?? []).map(({ topic, event: sent }) => ({
          topic,
          eventType: sent.eventType,
          id: messageId(sent),
        })),
      })
      if (!isFollowing) cause = causationId
      state = step.state
      plain = after
    }
    return { steps, state: plain }
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    return { steps, state: plain, failed: { version: at.version, eventType: at.event.eventType, reason } }
  }
}

/** Returns why a value is not the code of the saga `name`; `undefined` if it is. */
export function whyNotSaga(value: unknown, name: string): string | undefined {
  if (typeof value !== 'object' || value === null) return 'is not a saga: it is not an object'
  const { name: own, reduce, codec, initial, topics } = value as Partial<Saga<unknown, Action>>
  const isSaga = typeof own === 'string' && typeof reduce === 'function' && Array.isArray(topics)
  if (!isSaga || typeof codec?.decode !== 'function' || initial === undefined) {
    return 'is not a saga: it has no name, topics, initial, reduce and codec'
  }
  return own === name ? undefined : `is the saga '${own}', not '${name}'`
}
