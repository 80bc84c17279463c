import type { Action, Effect } from 'crbus'
import { type Faults, given, type Said, sagaHarness } from 'crbus/testing'
import { describe, expect, test } from 'vitest'
import type { CheckoutFlowAction, CheckoutFlowStep } from '../src/checkout-flow/actions.ts'
// crbus:as ts.test_imports
import { CHECKOUT_FLOW_UNDO_TIMEOUTS, checkoutFlowSaga } from '../src/checkout-flow/saga.ts'

// crbus:end

/** An event of an aggregate, with its topic. */
interface Heard extends Said {
  readonly action: CheckoutFlowAction
}

/** The values in commands: fields of earlier events, and why the steps are undone. */
interface Told {
  readonly facts: typeof facts
  readonly reason: string
}

/** A step as its aggregate sees it: the commands that it gets, and its answers. */
interface Step {
  readonly name: CheckoutFlowStep
  readonly commands: string
  /** The aggregate id of its commands. */
  readonly id?: (state: Told) => string
  readonly ask?: (state: Told) => Action
  readonly done: Heard
  readonly refused?: Heard
  readonly undo?: (state: Told) => Action
  readonly undone?: Heard
}

const facts = {
  // crbus:each fact of facts; `'example'` is fact.example_ts
  order_line_id: 'example',
  // crbus:end
}

/** The facts before any event. */
const nothingTold = {
  // crbus:each fact of facts; `''` is fact.empty_ts
  order_line_id: '',
  // crbus:end
}

const steps: readonly Step[] = [
  {
    name: 'orderLine',
    // crbus:put `'order-line-commands'` is start.commands_ts
    commands: 'order-line-commands',
    // crbus:if start.key
    // crbus:put `state.facts.order_line_id` is start.key.value_ts
    id: (state) => state.facts.order_line_id,
    // crbus:end
    done: {
      // crbus:put `'order-line-events'` is start.topic_ts
      topic: 'order-line-events',
      action: {
        type: 'OrderLinePlaced',
        // crbus:each field of start.done.fields; `'example'` is field.example_ts
        order_line_id: 'example',
        // crbus:end
      },
    },
    // crbus:if start.refusal
    refused: {
      // crbus:put `'order-line-events'` is start.topic_ts
      topic: 'order-line-events',
      action: {
        type: 'OrderLineRejected',
        // crbus:each field of start.refusal.fields; `'example'` is field.example_ts
        order_line_id: 'example',
        // crbus:end
        // crbus:here
        reason: 'example',
        // crbus:end
      },
    },
    // crbus:end
    // crbus:if start.undo
    // crbus:put `(state)` is start.undo.command.params_ts
    undo: (state) => ({
      type: 'CancelOrderLine',
      // crbus:each field of start.undo.command.fields; `state.facts.order_line_id` is field.value_ts
      // crbus:if field.is_told
      order_line_id: state.facts.order_line_id,
      // crbus:end
      // crbus:end
    }),
    undone: {
      // crbus:put `'order-line-events'` is start.topic_ts
      topic: 'order-line-events',
      action: {
        type: 'OrderLineCancelled',
        // crbus:each field of start.undo.event.fields; `'example'` is field.example_ts
        order_line_id: 'example',
        // crbus:end
      },
    },
    // crbus:end
  },
  // crbus:each step of later
  {
    name: 'cardPayment',
    // crbus:put `'card-payment-commands'` is step.commands_ts
    commands: 'card-payment-commands',
    // crbus:if step.key
    // crbus:put `state.facts.order_line_id` is step.key.value_ts
    id: (state) => state.facts.order_line_id,
    // crbus:end
    // crbus:put `(state)` is step.ask.params_ts
    ask: (state) => ({
      type: 'CompleteCardPayment',
      // crbus:each field of step.ask.fields; `state.facts.order_line_id` is field.value_ts
      // crbus:if field.is_told
      order_line_id: state.facts.order_line_id,
      // crbus:end
      // crbus:end
    }),
    done: {
      // crbus:put `'card-payment-events'` is step.topic_ts
      topic: 'card-payment-events',
      action: {
        type: 'CardPaymentCompleted',
        // crbus:each field of step.done.fields; `'example'` is field.example_ts
        order_line_id: 'example',
        // crbus:end
      },
    },
    // crbus:if step.failure
    refused: {
      // crbus:put `'card-payment-events'` is step.topic_ts
      topic: 'card-payment-events',
      action: {
        type: 'CardPaymentFailed',
        // crbus:each field of step.failure.fields; `'example'` is field.example_ts
        order_line_id: 'example',
        // crbus:end
        // crbus:here
        reason: 'example',
        // crbus:end
      },
    },
    // crbus:end
    // crbus:if step.undo
    // crbus:put `(state)` is step.undo.command.params_ts
    undo: (state) => ({
      type: 'RefundCardPayment',
      // crbus:each field of step.undo.command.fields; `state.facts.order_line_id` is field.value_ts
      // crbus:if field.is_told
      order_line_id: state.facts.order_line_id,
      // crbus:end
      // crbus:end
    }),
    undone: {
      // crbus:put `'card-payment-events'` is step.topic_ts
      topic: 'card-payment-events',
      action: {
        type: 'CardPaymentRefunded',
        // crbus:each field of step.undo.event.fields; `'example'` is field.example_ts
        order_line_id: 'example',
        // crbus:end
      },
    },
    // crbus:end
  },
  // crbus:end
]
const [start, ...later] = steps as [Step, ...Step[]]

// crbus:if others
/** Events that do not change the state. */
const ignored: readonly CheckoutFlowAction[] = [
  // crbus:each event of others; OrderLineNoted is event.name
  {
    type: 'OrderLineNoted',
    // crbus:each field of event.fields; `'example'` is field.example_ts
    order_line_id: 'example',
    // crbus:end
  },
  // crbus:end
]

// crbus:end

interface Play {
  /** A step that is refused, one that is not answered, and one that is answered too late. */
  readonly refuses?: Step | undefined
  readonly silent?: Step | undefined
  readonly late?: Step | undefined
  /** How undo commands are answered. A number is how many of each are not answered at first. Default: 0. */
  readonly undo?: 'refused' | 'never' | number | undefined
  readonly faults?: Faults
  readonly seed?: number
}

/** Answers every command in place of the aggregates, until no message or timer is due. */
async function play({ refuses, late, silent = late, undo = 0, ...options }: Play = {}) {
  const undos = new Map<string, number>()
  const answer = ({ type }: Action) => {
    const asked = steps.find((step) => step.ask?.(told([])).type === type)
    if (asked !== undefined && asked !== silent) return asked === refuses ? asked.refused : asked.done
    const undone = steps.find((step) => step.undo?.(told([])).type === type)
    if (undone === undefined || undo === 'never') return undefined
    if (undo === 'refused') return undone.refused
    undos.set(type, (undos.get(type) ?? 0) + 1)
    return (undos.get(type) ?? 0) > undo ? undone.undone : undefined
  }
  const harness = sagaHarness({ saga: checkoutFlowSaga, answer, ...options })
  const say = ({ topic, action }: Said) => harness.publish(topic, action, { correlationId: 'c-1' })
  try {
    await say(start.done)
    await harness.runOut()
    if (late !== undefined) await say(late.done)
    // Every conversation must end, or be stuck and publish that.
    const events: Record<string, string> = { completed: 'Completed', failed: 'Failed', stuck: 'Stuck' }
    await harness.expectEnded(({ status }, said) =>
      said.some(({ topic, action }) => {
        return topic === 'checkout-flow-events' && action.type === `CheckoutFlow${events[status]}`
      }),
    )
    const commands = await Promise.all(
      steps.map(async ({ commands }) =>
        (await harness.sent(commands)).map((command) => ({ topic: commands, command })),
      ),
    )
    const { status } = await harness.stateOf('c-1')
    return { status, commands: commands.flat(), ended: await harness.sent('checkout-flow-events') }
  } finally {
    await harness[Symbol.asyncDispose]()
  }
}

/** The facts from the events that complete these steps. */
const factsOf = (done: readonly Step[]): Partial<typeof facts> =>
  Object.fromEntries(done.flatMap(({ done }) => Object.entries(done.action).filter(([name]) => name in facts)))
const told = (done: readonly Step[], reason = ''): Told => ({ facts: { ...facts, ...factsOf(done) }, reason })
const because = ({ action }: Heard): string => ('reason' in action ? String(action.reason) : action.type)
const stepsBefore = (step: Step): readonly Step[] => steps.slice(0, steps.indexOf(step))

/** Commands in the order in which they were sent to each topic. There is no order between topics. */
type Sent = readonly { readonly topic: string; readonly command: Action }[]
const byTopic = (sent: Sent) => steps.flatMap(({ commands }) => sent.filter(({ topic }) => topic === commands))

const asked = (of: readonly Step[]): Sent =>
  of.flatMap((step) =>
    step.ask === undefined ? [] : [{ topic: step.commands, command: step.ask(told(stepsBefore(step))) }],
  )
/** The undo commands, from the last step to the first. */
const undone = (of: readonly Step[], reason = ''): Sent =>
  of.toReversed().flatMap(({ commands, undo }) => {
    return undo === undefined ? [] : [{ topic: commands, command: undo(told(of, reason)) }]
  })

const completed = {
  status: 'completed',
  commands: byTopic(asked(steps)),
  ended: [{ type: 'CheckoutFlowCompleted', ...factsOf(steps) }],
}

/** The outcome when this step fails: all steps up to it were requested, and the steps before it are undone. */
const failedAt = (step: Step, reason: string, late: readonly Step[] = []) => ({
  status: 'failed',
  commands: byTopic([
    ...asked([...stepsBefore(step), step]),
    ...undone(stepsBefore(step), reason),
    ...undone(late, reason),
  ]),
  ended: [{ type: 'CheckoutFlowFailed', ...factsOf(stepsBefore(step)), because: reason }],
})

const timedOut = ({ name }: Step): string => `${name} did not answer in time`

// Helpers for tests of single decisions.
const past = (...history: readonly CheckoutFlowAction[]) => given(checkoutFlowSaga, history)
const doneOf = (of: readonly Step[]) => of.map(({ done }) => done.action)
const undoneOf = (of: readonly Step[]) => of.flatMap(({ undone }) => undone?.action ?? [])
const noAnswerOf = ({ name }: Step) => ({ type: 'CheckoutFlowTimedOut', step: name }) as const
function lastAttemptOf({ name }: Step): CheckoutFlowAction {
  const attempt = CHECKOUT_FLOW_UNDO_TIMEOUTS.length
  return { type: 'CheckoutFlowUndoTimedOut', step: name, attempt }
}
const commandsOf = (effects: readonly Effect<CheckoutFlowAction>[]): Sent =>
  effects.flatMap((effect) => (effect.kind === 'dispatch' ? [{ topic: effect.topic, command: effect.action }] : []))

describe('checkout-flow', () => {
  test('completes when every step succeeds', async () => {
    expect(await play()).toMatchObject(completed)
  })

  test.each(later)('undoes completed steps when $name is not answered in time', async (step) => {
    expect(await play({ silent: step })).toMatchObject(failedAt(step, timedOut(step)))
  })

  test.each(later)('stays failed when $name is answered too late, and undoes $name', async (step) => {
    expect(await play({ late: step })).toMatchObject(failedAt(step, timedOut(step), [step]))
  })

  test.each(later.filter(({ refused }) => refused))('undoes completed steps when $name is refused', async (step) => {
    const reason = because(step.refused as Heard)
    expect(await play({ refuses: step })).toMatchObject(failedAt(step, reason))
  })

  test.each(later)('requests $name with the id of its aggregate as the key, and sets a time-out', (step) => {
    const history = doneOf(stepsBefore(step))
    const { state, effects } = past(...history.slice(0, -1)).when(history.at(-1) ?? start.done.action)
    expect(state).toMatchObject({ status: 'running', steps: { [step.name]: 'asked' } })
    expect(effects).toMatchObject([
      { kind: 'dispatch', topic: step.commands, key: step.id?.(told(stepsBefore(step))) },
      { kind: 'delay', id: step.name, action: noAnswerOf(step) },
    ])
  })

  test.each(later)('undoes the steps before $name in reverse order', (step) => {
    const done = stepsBefore(step)
    const { state, effects } = past(...doneOf(done)).when(noAnswerOf(step))
    const commands = undone(done, timedOut(step))
    expect(commandsOf(effects)).toMatchObject(commands)
    expect(state.status).toBe(commands.length > 0 ? 'compensating' : 'failed')
    const undoing = done.filter(({ undo }) => undo !== undefined).toReversed()
    expect(effects.filter(({ kind }) => kind !== 'publish')).toMatchObject(
      undoing.flatMap(({ name, id }) => [{ key: id?.(told(done)) }, { kind: 'delay', id: name }]),
    )
  })

  test.each(later)('repeats unanswered commands after a migration (at $name)', (step) => {
    const history = doneOf(stepsBefore(step))
    const asking = past(...history.slice(0, -1)).when(history.at(-1) ?? start.done.action)
    expect(checkoutFlowSaga.resume?.(asking.state)).toEqual(asking.effects)
    const undoing = past(...history).when(noAnswerOf(step))
    const effects = undoing.effects.filter(({ kind }) => kind !== 'publish')
    expect(checkoutFlowSaga.resume?.(undoing.state)).toEqual(effects)
  })

  test.each(later)('fails when the first step is not done in time, although $name is done', async (step) => {
    await using harness = sagaHarness({ saga: checkoutFlowSaga })
    await harness.publish(step.done.topic, step.done.action, { correlationId: 'c-1' })
    await harness.runOut()
    const state = await harness.stateOf('c-1')
    expect(state.steps[start.name]).toBe('failed')
    expect(state.facts).toEqual({ ...nothingTold, ...factsOf([step]) })
  })

  test.skipIf(start.refused === undefined)('does not begin when the first step is refused', () => {
    const { state, effects } = past().when((start.refused as Heard).action)
    expect(effects).toEqual([])
    expect(state).toMatchObject({ status: 'new', facts: nothingTold })
  })

  // crbus:if others
  test.each(ignored)('ignores $type', (action) => {
    const { state, effects } = past(start.done.action).when(action)
    expect(effects).toEqual([])
    expect(state).toEqual(past().when(start.done.action).state)
  })

  // crbus:end
  test.each(steps)('stays completed when events of $name arrive later', ({ done, refused, undone }) => {
    for (const heard of [done, refused, undone]) {
      if (heard === undefined) continue
      const { state, effects } = past(...doneOf(steps)).when(heard.action)
      expect(effects).toEqual([])
      expect(state.status).toBe('completed')
    }
  })

  test.each([1, 2, 3, 4, 5])('has the same outcome with duplicates, delays and crashes (seed %i)', async (seed) => {
    const faults = { duplicate: 0.4, reorder: 0.4, drop: 0.2, crash: 0.1 }
    expect(await play({ faults, seed })).toMatchObject(completed)
    for (const step of later) {
      expect(await play({ faults, seed, silent: step })).toMatchObject(failedAt(step, timedOut(step)))
    }
  })

  test.each([1, 2, 3, 4, 5])('ends, or publishes that it is stuck, when answers are lost (seed %i)', async (seed) => {
    for (const undo of [0, 'refused', 'never'] as const) {
      await play({ seed, undo, faults: { lose: 0.3 } })
      await play({ seed, undo, silent: later.at(-1), faults: { lose: 0.3, crash: 0.1 } })
    }
  })
})

// The steps that are undone when the last step fails.
const undoable = steps.slice(0, -1).filter(({ undo }) => undo !== undefined)
const laterRefused = later.filter(({ refused }) => refused !== undefined)
const laterUndone = later.filter(({ undone }) => undone !== undefined)

describe.skipIf(later.length === 0)('checkout-flow, when answers are unsolicited or late', () => {
  test.each(later.slice(1))('keeps an early answer of $name until the steps before it are done', (step) => {
    const { state, effects } = past(start.done.action).when(step.done.action)
    expect(effects).toEqual([])
    expect(state).toMatchObject({ status: 'running', steps: { [step.name]: 'done' } })
  })

  test.each(laterRefused)('undoes the first step when $name is refused, even without a request', ({ refused }) => {
    const { state, effects } = past(start.done.action).when((refused as Heard).action)
    expect(commandsOf(effects)).toMatchObject(undone([start], because(refused as Heard)))
    expect(state.reason).toBe(because(refused as Heard))
  })

  test.each(laterUndone)('undoes the first step when $name is undone, even without a request', (step) => {
    const [gone] = undoneOf([step]) as [CheckoutFlowAction]
    const { state, effects } = past(start.done.action).when(gone)
    expect(commandsOf(effects)).toMatchObject(undone([start], gone.type))
    expect(state.reason).toBe(gone.type)
  })

  test.each(undoable)('undoes the other steps when $name is undone without a command of the saga', (step) => {
    const [gone] = undoneOf([step]) as [CheckoutFlowAction]
    const done = steps.slice(0, -1)
    const { state, effects } = past(...doneOf(done)).when(gone)
    const others = done.filter((one) => one !== step)
    expect(commandsOf(effects)).toMatchObject(undone(others, gone.type))
    expect(state.reason).toBe(gone.type)
  })

  test.skipIf(start.undone === undefined)('waits for a requested answer before it publishes that it failed', () => {
    const [gone] = undoneOf([start]) as [CheckoutFlowAction]
    const [asked] = later as [Step]
    const waiting = past(start.done.action).when(gone)
    expect(waiting.effects).toEqual([])
    expect(waiting.state).toMatchObject({ status: 'compensating', steps: { [asked.name]: 'asked' } })
    const { effects } = past(start.done.action, gone).when(noAnswerOf(asked))
    expect(effects.map(({ kind }) => kind)).toEqual(['publish'])
  })

  test.each(later)('undoes $name when it is answered too late, in any state of the other steps', (step) => {
    const others = stepsBefore(step)
    const failing = [...doneOf(others), noAnswerOf(step)]
    const stuck = others.filter(({ undo }) => undo !== undefined).map(lastAttemptOf)
    for (const meanwhile of [[], stuck, undoneOf(others)]) {
      const { effects } = past(...failing, ...meanwhile).when(step.done.action)
      expect(commandsOf(effects)).toMatchObject(undone([step], timedOut(step)))
    }
    expect(past(...failing, ...undoneOf(others)).when(step.done.action).state.status).toBe('failed')
  })

  test.each(laterUndone)('does not undo $name again when its answer arrives after it was undone', (step) => {
    const history = [...doneOf(stepsBefore(step)), noAnswerOf(step), ...undoneOf([step])]
    expect(past(...history).when(step.done.action).effects).toEqual([])
  })

  test.each(laterUndone)('publishes that it failed only once when $name was stuck and is undone later', (step) => {
    const [gone] = undoneOf([step]) as [CheckoutFlowAction]
    const failed = [...doneOf(stepsBefore(step)), noAnswerOf(step), ...undoneOf(stepsBefore(step))]
    const { state, effects } = past(...failed, step.done.action, lastAttemptOf(step)).when(gone)
    expect(effects).toEqual([])
    expect(state.status).toBe('failed')
  })
})

const last = later.at(-1)
const known = factsOf(steps.slice(0, -1))

describe.skipIf(last === undefined || undoable.length === 0)('checkout-flow, when a step cannot be undone', () => {
  const attempts = CHECKOUT_FLOW_UNDO_TIMEOUTS.length

  test('repeats the undo command until it is answered', async () => {
    const { status, commands, ended } = await play({ silent: last, undo: attempts - 1 })
    expect([status, ended.map(({ type }) => type)]).toEqual(['failed', ['CheckoutFlowFailed']])
    for (const one of undone(undoable)) {
      expect(commands.filter(({ command }) => command.type === one.command.type)).toHaveLength(attempts)
    }
  })

  test.each(undoable)('does not mistake a late time-out of $name for a refusal to undo it', (step) => {
    const { state, effects } = past(...doneOf(steps.slice(0, -1)), noAnswerOf(last as Step)).when(noAnswerOf(step))
    expect(effects).toEqual([])
    expect(state.steps[step.name]).toBe('undoing')
  })

  test('waits longer after each attempt', () => {
    const undoing = past(...doneOf(steps.slice(0, -1)), noAnswerOf(last as Step))
    const delays = CHECKOUT_FLOW_UNDO_TIMEOUTS.slice(1).map((_, index) => {
      const step = undoable[0] as Step
      const { effects } = undoing.when({ type: 'CheckoutFlowUndoTimedOut', step: step.name, attempt: index + 1 })
      return effects.flatMap((effect) => (effect.kind === 'delay' ? [effect.delay] : []))[0] ?? 0
    })
    expect(delays).toEqual([...new Set(delays)].sort((a, b) => a - b))
  })

  test('is stuck after the last attempt, and publishes the step', async () => {
    const { status, commands, ended } = await play({ silent: last, undo: 'never' })
    expect(status).toBe('stuck')
    expect(commands).toHaveLength(asked(steps).length + attempts * undoable.length)
    for (const { name } of undoable) {
      const stuck = { type: 'CheckoutFlowStuck', ...known, step: name, because: `${name} was not undone in time` }
      expect(ended).toContainEqual(expect.objectContaining(stuck))
    }
  })

  test('is stuck without a second attempt when the aggregate refuses', async () => {
    const refusing = undoable.filter(({ refused }) => refused !== undefined)
    const { commands, ended } = await play({ silent: last, undo: 'refused' })
    for (const { name, refused, undo } of refusing) {
      const stuck = { type: 'CheckoutFlowStuck', ...known, step: name, because: because(refused as Heard) }
      expect(ended).toContainEqual(expect.objectContaining(stuck))
      expect(commands.filter(({ command }) => command.type === undo?.(told([])).type)).toHaveLength(1)
    }
  })

  test('continues when a stuck step is undone later', async () => {
    await using harness = sagaHarness({ saga: checkoutFlowSaga })
    const say = ({ topic, action }: Heard) => harness.publish(topic, action, { correlationId: 'c-1' })
    for (const { done } of steps.slice(0, -1)) await say(done)
    await harness.runOut()
    expect((await harness.stateOf('c-1')).status).toBe('stuck')
    for (const { undone } of undoable) if (undone !== undefined) await say(undone)
    await harness.runOut()
    expect((await harness.stateOf('c-1')).status).toBe('failed')
    expect((await harness.sent('checkout-flow-events')).at(-1)).toMatchObject({
      type: 'CheckoutFlowFailed',
      because: timedOut(last as Step),
    })
  })
})
