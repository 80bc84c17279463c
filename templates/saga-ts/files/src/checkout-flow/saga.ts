import { delay, dispatch, type Effect, publish, type Reducer, type Saga, type Step } from 'crbus'
// crbus:if todos
// crbus:as ts.todo_import
// crbus:end
// crbus:end
// crbus:as ts.imports
import type {
  CheckoutFlowAction,
  CheckoutFlowCommand,
  CheckoutFlowCompleted,
  CheckoutFlowFacts,
  CheckoutFlowFailed,
  CheckoutFlowStep,
  CheckoutFlowStuck,
} from './actions.ts'
// crbus:end
import { checkoutFlowCodec } from './codec.ts'

export const CHECKOUT_FLOW_EVENTS = 'checkout-flow-events'
/** How long a step may take before it counts as failed. */
// crbus:put `30s` is timeout
export const CHECKOUT_FLOW_TIMEOUT = '30s'

/**
 * How long to wait for the answer to an undo command, by attempt. After the last one the step is stuck.
 */
// crbus:put `['30s', '60s', '120s', '240s', '480s']` is ts.undo_timeouts
export const CHECKOUT_FLOW_UNDO_TIMEOUTS = ['30s', '60s', '120s', '240s', '480s']

/** The progress of a step. `asked`: a time-out is set, even for the first step, which the saga does not request. */
type Progress = 'open' | 'asked' | 'done' | 'failed' | 'undoing' | 'undone' | 'stuck'

/** What may come after what. Everything else is a copy, or comes too late to change anything. */
const following: Readonly<Record<Progress, readonly Progress[]>> = {
  open: ['done', 'failed', 'undone'],
  asked: ['done', 'failed', 'undone'],
  done: ['undone'],
  // The step failed by its time-out, and was answered after it.
  failed: ['done', 'undone'],
  undoing: ['undone'],
  undone: [],
  stuck: ['undone'],
}

export interface CheckoutFlowState {
  /** `stuck`: a step could not be undone. It may still be undone later, and the saga then goes on. */
  readonly status: 'new' | 'running' | 'compensating' | 'completed' | 'failed' | 'stuck'
  readonly steps: Readonly<Record<CheckoutFlowStep, Progress>>
  readonly facts: CheckoutFlowFacts
  /** Why the steps are undone, when they are. */
  readonly reason: string
  /** Whether CheckoutFlowFailed was published. */
  readonly hasFailed: boolean
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
  hasFailed: false,
}

interface StepPlan {
  readonly name: CheckoutFlowStep
  /** The topic its commands go to. */
  readonly commands: string
  /** The id that its commands are for. As their record key it keeps them in order. Default: the conversation's id. */
  readonly id?: (state: CheckoutFlowState) => string
  readonly ask?: (state: CheckoutFlowState) => CheckoutFlowCommand
  /** The command that undoes the step. A step without one is not undone. */
  readonly undo?: (state: CheckoutFlowState) => CheckoutFlowCommand
}

/** The steps in order; they are undone from the last. Nothing asks for the first one: its event begins the conversation. */
const plan: readonly StepPlan[] = [
  {
    name: 'orderLine',
    // crbus:put `'order-line-commands'` is start.commands_ts
    commands: 'order-line-commands',
    // crbus:if start.key
    // crbus:put `state.facts.order_line_id` is start.key.value_ts
    id: (state) => state.facts.order_line_id,
    // crbus:end
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
    // crbus:if step.key
    // crbus:put `state.facts.order_line_id` is step.key.value_ts
    id: (state) => state.facts.order_line_id,
    // crbus:end
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

/** Records what was heard, then decides by the whole state: so the order of events does not matter. */
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
    // crbus:each failure of start.refusals; OrderLineRejected is failure.name
    case 'OrderLineRejected':
      // Before the step was done nothing has begun. While it is undone, it is the answer to that.
      if (state.steps.orderLine !== 'undoing') return { state, effects: [] }
      // crbus:put `action.reason` is failure.reason_ts
      return follow(state, { step: 'orderLine', progress: 'failed', reason: action.reason })
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
    case 'CheckoutFlowUndoTimedOut':
      return retryUndo(state, action.step, action.attempt)
  }
}

/** What an event tells of a step. */
interface News {
  readonly step: CheckoutFlowStep
  readonly progress: Progress
  readonly facts?: Partial<CheckoutFlowFacts>
  readonly reason?: string
}

type CheckoutFlowNext = Step<CheckoutFlowState, CheckoutFlowAction>

function follow(before: CheckoutFlowState, news: News): CheckoutFlowNext {
  const { step, progress, facts, reason = '' } = news
  // The aggregate refused to undo the step. Its rules would refuse the same command again, so it is not repeated.
  if (before.steps[step] === 'undoing' && progress === 'failed') return giveUp(before, step, reason)
  const isNews = following[before.steps[step]].includes(progress)
  if (!isNews || before.status === 'completed') return { state: before, effects: [] }
  const state = {
    ...before,
    steps: { ...before.steps, [step]: progress },
    facts: { ...before.facts, ...facts },
    reason: before.reason || reason,
  }
  // A conversation that has begun to be undone does not go on, whatever is answered late.
  const isFailing =
    ['compensating', 'failed', 'stuck'].includes(before.status) ||
    Object.values(state.steps).some((one) => ['failed', 'undone'].includes(one))
  return isFailing ? takeBack(state) : goOn(state)
}

function goOn(state: CheckoutFlowState): CheckoutFlowNext {
  const next = plan.find(({ name }) => state.steps[name] !== 'done')
  if (next === undefined) {
    const completed: CheckoutFlowCompleted = { type: 'CheckoutFlowCompleted', ...state.facts }
    return { state: { ...state, status: 'completed' }, effects: [publish(CHECKOUT_FLOW_EVENTS, completed)] }
  }
  if (state.steps[next.name] !== 'open') return { state: { ...state, status: 'running' }, effects: [] }
  return {
    state: { ...state, status: 'running', steps: { ...state.steps, [next.name]: 'asked' } },
    effects: askFor(state, next),
  }
}

function takeBack(state: CheckoutFlowState): CheckoutFlowNext {
  const steps = { ...state.steps }
  const effects = plan.toReversed().flatMap((step) => {
    if (steps[step.name] !== 'done' || step.undo === undefined) return []
    steps[step.name] = 'undoing'
    return undoOf(state, step, 1)
  })
  return end({ ...state, steps }, effects)
}

/** Sends the undo command again when it was not answered in time, up to the last attempt. */
function retryUndo(state: CheckoutFlowState, name: CheckoutFlowStep, attempt: number): CheckoutFlowNext {
  const step = plan.find((one) => one.name === name)
  if (step === undefined || state.steps[name] !== 'undoing') return { state, effects: [] }
  if (attempt >= CHECKOUT_FLOW_UNDO_TIMEOUTS.length) return giveUp(state, name, `${name} was not undone in time`)
  // A new object, since a saga stores only what changes its state.
  return { state: { ...state }, effects: undoOf(state, step, attempt + 1) }
}

function giveUp(before: CheckoutFlowState, step: CheckoutFlowStep, because: string): CheckoutFlowNext {
  const state = { ...before, steps: { ...before.steps, [step]: 'stuck' as const } }
  const stuck: CheckoutFlowStuck = { type: 'CheckoutFlowStuck', ...state.facts, step, because }
  return end(state, [publish(CHECKOUT_FLOW_EVENTS, stuck)])
}

/** The status while steps are undone, and the event that says that all of them are. */
function end(state: CheckoutFlowState, effects: readonly Effect<CheckoutFlowAction>[]): CheckoutFlowNext {
  const steps = Object.values(state.steps)
  if (steps.includes('stuck')) return { state: { ...state, status: 'stuck' }, effects }
  if (steps.includes('asked') || steps.includes('undoing')) {
    return { state: { ...state, status: state.hasFailed ? 'failed' : 'compensating' }, effects }
  }
  if (state.hasFailed) return { state: { ...state, status: 'failed' }, effects }
  const failed: CheckoutFlowFailed = { type: 'CheckoutFlowFailed', ...state.facts, because: state.reason }
  return {
    state: { ...state, status: 'failed', hasFailed: true },
    effects: [...effects, publish(CHECKOUT_FLOW_EVENTS, failed)],
  }
}

type CheckoutFlowEffects = readonly Effect<CheckoutFlowAction>[]

function askFor(state: CheckoutFlowState, step: StepPlan): CheckoutFlowEffects {
  const { name, commands, id, ask } = step
  const timedOut = { type: 'CheckoutFlowTimedOut', step: name } as const
  const timeOut = delay(CHECKOUT_FLOW_TIMEOUT, timedOut, { id: name })
  return ask === undefined ? [timeOut] : [dispatch(commands, ask(state), { key: id?.(state) || undefined }), timeOut]
}

/** The undo command and its time-out, which replaces the one of the attempt before. */
function undoOf(state: CheckoutFlowState, step: StepPlan, attempt: number): CheckoutFlowEffects {
  const { name, commands, id, undo } = step
  if (undo === undefined) return []
  const patience = CHECKOUT_FLOW_UNDO_TIMEOUTS[attempt - 1] ?? CHECKOUT_FLOW_TIMEOUT
  const timedOut = { type: 'CheckoutFlowUndoTimedOut', step: name, attempt } as const
  return [dispatch(commands, undo(state), { key: id?.(state) || undefined }), delay(patience, timedOut, { id: name })]
}

/** Asks again for every step without an answer. It is needed after a migration only: commands and time-outs survive restarts. */
export const resumeCheckoutFlow = (state: CheckoutFlowState): CheckoutFlowEffects =>
  plan.toReversed().flatMap((step) => {
    if (state.steps[step.name] === 'asked') return askFor(state, step)
    return state.steps[step.name] === 'undoing' ? undoOf(state, step, 1) : []
  })

export const checkoutFlowSaga: Saga<CheckoutFlowState, CheckoutFlowAction> = {
  name: 'checkout-flow',
  // crbus:as ts.topics
  topics: ['order-line-events', 'card-payment-events'],
  // crbus:end
  initial: newCheckoutFlow,
  reduce: reduceCheckoutFlow,
  resume: resumeCheckoutFlow,
  codec: checkoutFlowCodec,
  // Raise it when conversations under way would be reduced to another state, and keep the reducer they began with:
  // versions: { 1: checkoutFlowV1 }, or { 1: { ...checkoutFlowV1, migrate } }.
  version: 1,
}
