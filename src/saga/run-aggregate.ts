import { randomUUID } from 'node:crypto'
import type { EventMetadata } from '../bus/event.ts'
import { type Aggregate, aggregateMachine } from './aggregate.ts'
import type { Handled } from './engine.ts'
import type { Action } from './reducer.ts'
import { checkRunAggregate } from './run-options.ts'
import { type Running, type RunOptions, run } from './runtime.ts'

export type RunAggregateOptions<State, A extends Action, Env> = RunOptions & {
  readonly aggregate: Aggregate<State, A, Env>
} & EnvOption<Env>

/** What reducers are given beside the clock. Left out where they want nothing. */
export type EnvOption<Env> = unknown extends Env ? { readonly env?: Env } : { readonly env: Env }

export interface RunningAggregate<A extends Action> extends Running {
  /**
   * Takes a command of this process, without the bus. Resolves when what follows is stored; rejects with what reducer,
   * codec or store threw, when it is not. With a `causationId` it is taken once, however often it is sent so: that and
   * the rest of the metadata, with the command, are its identity.
   */
  send(command: A, metadata?: EventMetadata): Promise<Handled<A>>
}

/**
 * Runs an aggregate: takes commands from its topic, appends what its reducer decides to the streams of the store, and
 * publishes it. Resolves when it has joined its group.
 *
 * **Delivery.** Each command is handled exactly once, though it may come more than once; what is stored is published at
 * least once, in the order of its stream, also when the process dies in between. Equal copies have one
 * {@link messageId}.
 *
 * **Failure.** A command that cannot be decoded is a dead letter in the store at once. One that the reducer throws at is
 * tried five times within a second, during which only its own stream waits, and is a dead letter then. A store or bus that is away is waited for. See `onError`.
 *
 * `group` defaults to `{name}-aggregate`. Rejects with a `TypeError` for an option that is unknown or wrong.
 */
export async function runAggregate<State, A extends Action, Env = unknown>(
  given: RunAggregateOptions<State, A, Env>,
): Promise<RunningAggregate<A>> {
  checkRunAggregate(given)
  const { aggregate, env, group = `${aggregate.name}-aggregate`, ...options } = given
  const machine = aggregateMachine(aggregate, env as Env)
  const { running, engine } = await run(machine, [aggregate.commands], { ...options, group })
  return {
    ...running,
    async send(command, metadata = {}) {
      const { causationId = randomUUID() } = metadata
      const event = { ...aggregate.codec.encode(command), metadata: { ...metadata, causationId } }
      const handled = await engine.send({ event })
      if (handled === undefined) throw new TypeError(`${aggregate.name} does not know the command ${command.type}`)
      return handled
    },
  }
}
