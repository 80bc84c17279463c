import type { Commit, RejectedCommand, Timer } from '../../store/event-store.ts'
import type { Action } from '../action.ts'
import { toRejectedCommand } from './dead-letter.ts'
import { type Message, type Reaction, react } from './reaction.ts'
import type { Instance, StreamHandler } from './stream-handler.ts'

/** The outcome of one message. */
type Outcome<A extends Action> =
  | {
      /**
       * `repeated`: the message was handled before. `nothing`: nothing follows from it. `rejected`: the aggregate rejected
       * it and appended no event.
       */
      readonly kind: 'reacted' | 'repeated' | 'nothing' | 'rejected'
      /** The version of the stream afterwards. */
      readonly version: number
      readonly events: readonly A[]
      /** Why the message was rejected, whether or not events were appended. */
      readonly rejected?: string | undefined
    }
  | { readonly kind: 'failed'; readonly error: unknown }

/** The result of the messages of one stream, in order. The plan ends at the first message that fails. */
export interface StepPlan<State, A extends Action> {
  /** The instance after the plan is stored. */
  readonly instance: Instance<State>
  /** The outcomes up to the first failure, in the order of the messages. */
  readonly outcomes: readonly Outcome<A>[]
  /** Whether the commit appends to the stream, so that the store checks the version that the plan started from. */
  readonly isChecked: boolean
  /** `undefined` when there is nothing to store. */
  readonly commit: Commit | undefined
}

/**
 * Reduces messages one after another. Adds the ids of the handled messages to `begin.handled`, so the caller must not use
 * `begin` afterwards.
 */
export function planSteps<State, A extends Action>(
  handler: StreamHandler<State, A>,
  begin: Instance<State>,
  messages: readonly { readonly action: A; readonly message: Message }[],
  now: () => Date,
): StepPlan<State, A> {
  let instance = begin
  const outcomes: Outcome<A>[] = []
  const reactions: Reaction<State, A>[] = []
  const fired: Timer[] = []
  const rejections: RejectedCommand[] = []
  // Not in `handled`, which outlives this plan: a rejected command that an operator sends again is decided again.
  const rejectedIds = new Set<string>()
  for (const { action, message } of messages) {
    const { timer } = message
    // An earlier message of this plan set the timer again, so it is due at another time.
    if (timer !== undefined && reactions.some(({ timers }) => timers.some(({ id }) => id === timer.id))) {
      outcomes.push({ kind: 'nothing', version: instance.version, events: [] })
      continue
    }
    const at = now()
    let reaction: Reaction<State, A> | undefined
    if (instance.handled.has(message.id) || rejectedIds.has(message.id)) {
      outcomes.push({ kind: 'repeated', version: instance.version, events: [] })
    } else {
      try {
        reaction = react(handler, instance, action, message, at)
      } catch (error) {
        outcomes.push({ kind: 'failed', error })
        break
      }
      if (reaction === undefined) outcomes.push({ kind: 'nothing', version: instance.version, events: [] })
    }
    if (timer !== undefined) fired.push(timer)
    if (reaction === undefined) continue
    const { rejected } = reaction
    if (rejected !== undefined && reaction.appended.length === 0) {
      const { streamId, version } = instance
      if (!message.isRequest) rejections.push(toRejectedCommand(message, { streamId, reason: rejected, now: at }))
      outcomes.push({ kind: 'rejected', version, events: [], rejected })
      rejectedIds.add(message.id)
      continue
    }
    reactions.push(reaction)
    const version = instance.version + reaction.appended.length
    instance = { ...instance, version, state: reaction.state }
    instance.handled.add(message.id)
    outcomes.push({ kind: 'reacted', version, events: reaction.events, rejected })
  }
  const commit = commitOf(begin, reactions, fired, rejections)
  return { instance, outcomes, isChecked: reactions.length > 0, commit }
}

function commitOf(
  { streamId, version }: Instance<unknown>,
  reactions: readonly Reaction<unknown, Action>[],
  fired: readonly Timer[],
  rejected: readonly RejectedCommand[],
): Commit | undefined {
  if (reactions.length === 0 && fired.length === 0 && rejected.length === 0) return undefined
  const events = reactions.flatMap(({ appended }) => appended)
  const own = events.length > 0 ? [{ streamId, expectedVersion: version, events }] : []
  // A timer that is set twice has its last setting.
  const timers = new Map(reactions.flatMap((reaction) => reaction.timers).map((timer) => [timer.id, timer]))
  return {
    appends: [...own, ...reactions.flatMap(({ appendsElsewhere }) => appendsElsewhere)],
    messages: reactions.flatMap(({ messages }) => messages),
    timers: [...timers.values()],
    fired: fired.map(({ id, due }) => ({ id, due })),
    rejected,
  }
}
