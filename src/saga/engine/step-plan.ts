import type { Commit, RejectedCommand, Timer } from '../../store/event-store.ts'
import type { Action } from '../action.ts'
import { toRejectedCommand } from './dead-letter.ts'
import { type Message, type Reaction, react } from './reaction.ts'
import type { Instance, StreamHandler } from './stream-handler.ts'

/** What came of one message. */
type Outcome<A extends Action> =
  | {
      /**
       * `repeated`: it had led to events before. `nothing`: nothing follows from it. `rejected`: an aggregate refused it
       * and appended no event.
       */
      readonly kind: 'reacted' | 'repeated' | 'nothing' | 'rejected'
      /** Of the stream afterwards. */
      readonly version: number
      readonly events: readonly A[]
      /** Why it was rejected, with events or without. */
      readonly rejected?: string | undefined
    }
  | { readonly kind: 'failed'; readonly error: unknown }

/** What the messages of one stream come to, in order. A plan ends with the first that fails. */
export interface StepPlan<State, A extends Action> {
  /** Where the instance is once the plan is stored. */
  readonly instance: Instance<State>
  /** Of as many messages as were looked at. */
  readonly outcomes: readonly Outcome<A>[]
  /** Whether it appends to its stream, which is then checked to be where the plan began. */
  readonly isChecked: boolean
  /** `undefined` when there is nothing to store. */
  readonly commit: Commit | undefined
}

/** Reduces messages one after another. `begin` is used up: what the plan handles is added to what it had handled. */
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
  const letters: RejectedCommand[] = []
  for (const { action, message } of messages) {
    const { timer } = message
    // One of these messages has set it anew: it is due at another time now.
    if (timer !== undefined && reactions.some(({ timers }) => timers.some(({ id }) => id === timer.id))) {
      outcomes.push({ kind: 'nothing', version: instance.version, events: [] })
      continue
    }
    const at = now()
    let reaction: Reaction<State, A> | undefined
    if (instance.handled.has(message.id)) {
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
      if (!message.isRequest) letters.push(toRejectedCommand(message, { streamId, reason: rejected, now: at }))
      outcomes.push({ kind: 'rejected', version, events: [], rejected })
      instance.handled.add(message.id)
      continue
    }
    reactions.push(reaction)
    const version = instance.version + reaction.appended.length
    instance = { ...instance, version, state: reaction.state }
    instance.handled.add(message.id)
    outcomes.push({ kind: 'reacted', version, events: reaction.events, rejected })
  }
  const commit = commitOf(begin, reactions, fired, letters)
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
  // Set twice, a timer is what it was set to last.
  const timers = new Map(reactions.flatMap((reaction) => reaction.timers).map((timer) => [timer.id, timer]))
  return {
    appends: [...own, ...reactions.flatMap(({ appendsElsewhere }) => appendsElsewhere)],
    messages: reactions.flatMap(({ messages }) => messages),
    timers: [...timers.values()],
    fired: fired.map(({ id, due }) => ({ id, due })),
    rejected,
  }
}
