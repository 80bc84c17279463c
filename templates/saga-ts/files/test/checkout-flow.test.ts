import { type Faults, sagaHarness } from 'crbus/testing'
import { describe, expect, test } from 'vitest'
import type { CheckoutFlowAction } from '../src/checkout-flow/actions.ts'
// crbus:as ts.test_imports
import { CHECKOUT_FLOW_EVENTS, CHECKOUT_FLOW_TIMEOUT, checkoutFlowSaga } from '../src/checkout-flow/saga.ts'

// crbus:end

/** An event and the topic it comes on. */
interface Said {
  readonly topic: string
  readonly action: CheckoutFlowAction
}

/** A step as its aggregate sees it: the commands it gets, and what it says to them. */
interface Step {
  readonly commands: string
  readonly ask?: string
  readonly done: Said
  readonly refused?: Said
  readonly undo?: string
  readonly undone?: Said
}

const steps: readonly Step[] = [
  {
    // crbus:put `'order-line-commands'` is start.commands_ts
    commands: 'order-line-commands',
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
    // crbus:if start.undo
    undo: 'CancelOrderLine',
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
    // crbus:put `'card-payment-commands'` is step.commands_ts
    commands: 'card-payment-commands',
    ask: 'CompleteCardPayment',
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
    undo: 'RefundCardPayment',
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

const asksOf = (of: readonly Step[]): string[] => of.flatMap(({ ask = [] }) => ask)
const undosOf = (of: readonly Step[]): string[] => of.flatMap(({ undo = [] }) => undo)

interface Play {
  /** A step that refuses, and one that does not answer. */
  readonly refuses?: Step
  readonly silent?: Step
  /** One that answers when it is too late. */
  readonly late?: Step
  readonly faults?: Faults
  readonly seed?: number
}

/** Plays the aggregates' part: answers every command once, until there are no more. */
async function play({ refuses, late, silent = late, ...options }: Play = {}) {
  const harness = sagaHarness({ saga: checkoutFlowSaga, ...options })
  const say = ({ topic, action }: Said) => harness.publish(topic, action, { correlationId: 'c-1' })
  const sent = async (topic: string) => (await harness.sent(topic)).map(({ type }) => type.replace(/\.v1$/, ''))
  const commands = async () => (await Promise.all(steps.map((step) => sent(step.commands)))).flat().sort()
  try {
    const answers = new Map<string, Said>()
    for (const step of steps) {
      const said = step === refuses ? step.refused : step.done
      if (step.ask !== undefined && said !== undefined && step !== silent) answers.set(step.ask, said)
      if (step.undo !== undefined && step.undone !== undefined) answers.set(step.undo, step.undone)
    }
    await say(start.done)
    // Twice: some commands only follow when time is up.
    for (let round = 0; round < 2; round += 1) {
      await harness.settle()
      for (let open = await commands(); open.some((name) => answers.has(name)); open = await commands()) {
        for (const name of open) {
          const said = answers.get(name)
          answers.delete(name)
          if (said !== undefined) await say(said)
        }
        await harness.settle()
      }
      await harness.advance(CHECKOUT_FLOW_TIMEOUT)
    }
    if (late !== undefined) await say(late.done)
    await harness.settle()
    const { status } = await harness.stateOf('c-1')
    return { status, commands: await commands(), ended: await sent(CHECKOUT_FLOW_EVENTS) }
  } finally {
    await harness[Symbol.asyncDispose]()
  }
}

const completed = { status: 'completed', commands: asksOf(steps).sort(), ended: ['CheckoutFlowCompleted'] }

/** Asked for up to this step, and taken back before it. */
const failedAt = (step: Step) => {
  const index = steps.indexOf(step)
  const commands = [...asksOf(steps.slice(0, index + 1)), ...undosOf(steps.slice(0, index))].sort()
  return { status: 'failed', commands, ended: ['CheckoutFlowFailed'] }
}

describe('checkout-flow', () => {
  test('completes when every step goes well', async () => {
    expect(await play()).toEqual(completed)
  })

  test.each(later)('takes back what was done when $ask is not answered in time', async (step) => {
    expect(await play({ silent: step })).toEqual(failedAt(step))
  })

  test.each(later)('stays failed when $ask is answered too late, and takes that back', async (step) => {
    const { commands, ...failed } = failedAt(step)
    expect(await play({ late: step })).toEqual({ ...failed, commands: [...commands, ...undosOf([step])].sort() })
  })

  test.each(later.filter(({ refused }) => refused))('takes back what was done when $ask is refused', async (step) => {
    expect(await play({ refuses: step })).toEqual(failedAt(step))
  })

  test.each([1, 2, 3, 4, 5])('ends alike whenever events come, and how often (%i)', async (seed) => {
    const faults = { duplicate: 0.4, reorder: 0.4, drop: 0.2, crash: 0.1 }
    expect(await play({ faults, seed })).toEqual(completed)
    for (const step of later) expect(await play({ faults, seed, silent: step })).toEqual(failedAt(step))
  })
})
