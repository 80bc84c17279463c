import { delay, dispatch, publish, type Reducer, type Saga, type Step } from 'crbus'
// crbus:as ts.imports
import type {
  CheckoutFlowAction,
  CheckoutFlowCommand,
  CheckoutFlowCompleted,
  CheckoutFlowFacts,
  CheckoutFlowFailed,
  CheckoutFlowStep,
} from './actions.ts'
// crbus:end
import { checkoutFlowCodec } from './codec.ts'

export const CHECKOUT_FLOW_EVENTS = 'checkout-flow-events'
/** How long a step may take before it counts as failed. */
// crbus:put `30s` is timeout
export const CHECKOUT_FLOW_TIMEOUT = '30s'

/** How far a step is: asked for, done or not, and taken back. */
type Progress = 'open' | 'asked' | 'done' | 'failed' | 'undoing' | 'undone'

/** What may come after what. Copies and latecomers are no news. */
const following: Readonly<Record<Progress, readonly Progress[]>> = {
  open: ['done', 'failed', 'undone'],
  asked: ['done', 'failed', 'undone'],
  done: ['undone'],
  // It did not answer in time, and then it did.
  failed: ['done', 'undone'],
  undoing: ['undone'],
  undone: [],
}

export interface CheckoutFlowState {
  readonly status: 'new' | 'running' | 'compensating' | 'completed' | 'failed'
  readonly steps: Readonly<Record<CheckoutFlowStep, Progress>>
  readonly facts: CheckoutFlowFacts
  /** Why it is taken back, when it is. */
  readonly reason: string
}

export const newCheckoutFlow: CheckoutFlowState = {
  status: 'new',
  steps: {
    orderLine: 'open',
    // crbus:each step of later
    cardPayment: 'open',
    // crbus:end
  },
  facts: {
    // crbus:each fact of facts; `''` is fact.empty_ts
    order_line_id: '',
    // crbus:end
  },
  reason: '',
}

interface StepPlan {
  readonly name: CheckoutFlowStep
  /** The topic its commands go to. */
  readonly commands: string
  readonly ask?: (state: CheckoutFlowState) => CheckoutFlowCommand
  /** Takes it back. A step without is not taken back. */
  readonly undo?: (state: CheckoutFlowState) => CheckoutFlowCommand
}

/** One after the other, and taken back from the last. The first is not asked for: its event begins it all. */
const plan: readonly StepPlan[] = [
  {
    name: 'orderLine',
    // crbus:put `'order-line-commands'` is start.commands_ts
    commands: 'order-line-commands',
    // crbus:if start.undo
    // crbus:put `(state)` is start.undo.command.params_ts
    undo: (state) => ({
      type: 'CancelOrderLine',
      // crbus:each field of start.undo.command.fields; `state.facts.order_line_id` is field.value_ts
      order_line_id: state.facts.order_line_id,
      // crbus:end
    }),
    // crbus:end
  },
  // crbus:each step of later
  {
    name: 'cardPayment',
    // crbus:put `'card-payment-commands'` is step.commands_ts
    commands: 'card-payment-commands',
    // crbus:put `(state)` is step.ask.params_ts
    ask: (state) => ({
      type: 'CompleteCardPayment',
      // crbus:each field of step.ask.fields; `state.facts.order_line_id` is field.value_ts
      order_line_id: state.facts.order_line_id,
      // crbus:end
    }),
    // crbus:if step.undo
    // crbus:put `(state)` is step.undo.command.params_ts
    undo: (state) => ({
      type: 'RefundCardPayment',
      // crbus:each field of step.undo.command.fields; `state.facts.order_line_id` is field.value_ts
      order_line_id: state.facts.order_line_id,
      // crbus:end
    }),
    // crbus:end
  },
  // crbus:end
]

type CheckoutFlowReducer = Reducer<CheckoutFlowState, CheckoutFlowAction>

/** Notes what was heard, then decides what follows from all that is known: so the order of events does not matter. */
export const reduceCheckoutFlow: CheckoutFlowReducer = (state, action) => {
  switch (action.type) {
    case 'OrderLinePlaced':
      return follow(state, {
        step: 'orderLine',
        progress: 'done',
        // crbus:if start.done.tells
        facts: {
          // crbus:each field of start.done.tells
          order_line_id: action.order_line_id,
          // crbus:end
        },
        // crbus:end
      })
    // crbus:if start.undo
    case 'OrderLineCancelled':
      return follow(state, { step: 'orderLine', progress: 'undone', reason: action.type })
    // crbus:end
    // crbus:each event of others; OrderLineNoted is event.name
    case 'OrderLineNoted':
      return { state, effects: [] }
    // crbus:end
    // crbus:each step of later
    case 'CardPaymentCompleted':
      return follow(state, {
        step: 'cardPayment',
        progress: 'done',
        // crbus:if step.done.tells
        facts: {
          // crbus:each field of step.done.tells
          order_line_id: action.order_line_id,
          // crbus:end
        },
        // crbus:end
      })
    // crbus:each failure of step.failures
    case 'CardPaymentFailed':
      // crbus:put `action.reason` is failure.reason_ts
      return follow(state, { step: 'cardPayment', progress: 'failed', reason: action.reason })
    // crbus:end
    // crbus:if step.undo
    case 'CardPaymentRefunded':
      return follow(state, { step: 'cardPayment', progress: 'undone', reason: action.type })
    // crbus:end
    // crbus:end
    case 'CheckoutFlowTimedOut':
      if (state.steps[action.step] !== 'asked') return { state, effects: [] }
      return follow(state, { step: action.step, progress: 'failed', reason: `${action.step} did not answer in time` })
  }
}

/** What an event tells of a step. */
interface News {
  readonly step: CheckoutFlowStep
  readonly progress: Progress
  readonly facts?: Partial<CheckoutFlowFacts>
  readonly reason?: string
}

function follow(before: CheckoutFlowState, news: News): Step<CheckoutFlowState, CheckoutFlowAction> {
  const isNews = following[before.steps[news.step]].includes(news.progress)
  if (!isNews || before.status === 'completed') return { state: before, effects: [] }
  const state = {
    ...before,
    steps: { ...before.steps, [news.step]: news.progress },
    facts: { ...before.facts, ...news.facts },
    reason: before.reason || (news.reason ?? ''),
  }
  // Once it has begun to be taken back it does not go on, whoever answers late.
  const isFailing =
    ['compensating', 'failed'].includes(before.status) ||
    Object.values(state.steps).some((progress) => ['failed', 'undoing', 'undone'].includes(progress))
  return isFailing ? takeBack(state) : goOn(state)
}

function goOn(state: CheckoutFlowState): Step<CheckoutFlowState, CheckoutFlowAction> {
  const next = plan.find(({ name }) => state.steps[name] !== 'done')
  if (next === undefined) {
    const completed: CheckoutFlowCompleted = { type: 'CheckoutFlowCompleted', ...state.facts }
    return { state: { ...state, status: 'completed' }, effects: [publish(CHECKOUT_FLOW_EVENTS, completed)] }
  }
  const { name, commands, ask } = next
  if (ask === undefined || state.steps[name] !== 'open') return { state: { ...state, status: 'running' }, effects: [] }
  const timedOut = { type: 'CheckoutFlowTimedOut', step: name } as const
  return {
    state: { ...state, status: 'running', steps: { ...state.steps, [name]: 'asked' } },
    effects: [dispatch(commands, ask(state)), delay(CHECKOUT_FLOW_TIMEOUT, timedOut, { id: name })],
  }
}

function takeBack(state: CheckoutFlowState): Step<CheckoutFlowState, CheckoutFlowAction> {
  const steps = { ...state.steps }
  const effects = plan.toReversed().flatMap(({ name, commands, undo }) => {
    if (steps[name] !== 'done' || undo === undefined) return []
    steps[name] = 'undoing'
    return [dispatch(commands, undo(state))]
  })
  const isOver = !Object.values(steps).some((progress) => progress === 'asked' || progress === 'undoing')
  if (state.status === 'failed' || !isOver) {
    return { state: { ...state, steps, status: state.status === 'failed' ? 'failed' : 'compensating' }, effects }
  }
  const failed: CheckoutFlowFailed = { type: 'CheckoutFlowFailed', ...state.facts, because: state.reason }
  return { state: { ...state, steps, status: 'failed' }, effects: [publish(CHECKOUT_FLOW_EVENTS, failed)] }
}

export const checkoutFlowSaga: Saga<CheckoutFlowState, CheckoutFlowAction> = {
  name: 'checkout-flow',
  // crbus:as ts.topics
  topics: ['order-line-events', 'card-payment-events'],
  // crbus:end
  initial: newCheckoutFlow,
  reduce: reduceCheckoutFlow,
  codec: checkoutFlowCodec,
}
