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
/** How long the saga waits for the answer of a step before the step counts as failed. */
// crbus:put `30s` is timeout
export const CHECKOUT_FLOW_TIMEOUT = '30s'

/** How long the saga waits for the answer to an undo command, by attempt. After the last attempt the step is stuck. */
// crbus:put `['30s', '1m', '2m', '4m', '8m']` is ts.undo_timeouts
export const CHECKOUT_FLOW_UNDO_TIMEOUTS = ['30s', '1m', '2m', '4m', '8m']

/** The progress of a step. `asked` means that a time-out is set, even for the first step, which the saga does not request. */
type Progress = 'open' | 'asked' | 'done' | 'failed' | 'undoing' | 'undone' | 'stuck'

/** The valid transitions. Any other event is a duplicate, or arrives too late to change anything. */
const following: Readonly<Record<Progress, readonly Progress[]>> = {
  open: ['done', 'failed', 'undone'],
  asked: ['done', 'failed', 'undone'],
  done: ['undone'],
  // The answer arrived after the time-out.
  failed: ['done', 'undone'],
  undoing: ['undone'],
  undone: [],
  stuck: ['undone'],
}

export interface CheckoutFlowState {
  /** `stuck` means that a step could not be undone. If the step is undone later, the saga continues. */
  readonly status: 'new' | 'running' | 'compensating' | 'completed' | 'failed' | 'stuck'
  readonly steps: Readonly<Record<CheckoutFlowStep, Progress>>
  readonly facts: CheckoutFlowFacts
  /** Why the steps are undone; empty if they are not. */
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
  /** The topic of its commands. */
  readonly commands: string
  /** The aggregate id of its commands. As the record key, it keeps them in order. Default: the correlation id. */
  readonly id?: (state: CheckoutFlowState) => string
  readonly ask?: (state: CheckoutFlowState) => CheckoutFlowCommand
  /** The command that undoes the step. A step without this command is not undone. */
  readonly undo?: (state: CheckoutFlowState) => CheckoutFlowCommand
}

/** The steps in order; they are undone in reverse. The event of the first step begins the conversation, so it has no `ask`. */
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

/** Records the event, then decides from the whole state, so that the order of events does not matter. */
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
      // A refusal is only of interest as the answer to the undo command. Before the step is done, no conversation has begun.
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

/** What an event says about a step. */
interface News {
  readonly step: CheckoutFlowStep
  readonly progress: Progress
  readonly facts?: Partial<CheckoutFlowFacts>
  readonly reason?: string
}

type CheckoutFlowNext = Step<CheckoutFlowState, CheckoutFlowAction>

function follow(before: CheckoutFlowState, news: News): CheckoutFlowNext {
  const { step, progress, facts, reason = '' } = news
  // The aggregate refused to undo the step. It would refuse the same command again, so the command is not repeated.
  if (before.steps[step] === 'undoing' && progress === 'failed') return giveUp(before, step, reason)
  const isNews = following[before.steps[step]].includes(progress)
  if (!isNews || before.status === 'completed') return { state: before, effects: [] }
  const state = {
    ...before,
    steps: { ...before.steps, [step]: progress },
    facts: { ...before.facts, ...facts },
    reason: before.reason || reason,
  }
  // Once compensation has begun, late answers do not continue the conversation.
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

/** Sends the undo command again after a time-out. After the last attempt the step is stuck. */
function retryUndo(state: CheckoutFlowState, name: CheckoutFlowStep, attempt: number): CheckoutFlowNext {
  const step = plan.find((one) => one.name === name)
  if (step === undefined || state.steps[name] !== 'undoing') return { state, effects: [] }
  if (attempt >= CHECKOUT_FLOW_UNDO_TIMEOUTS.length) return giveUp(state, name, `${name} was not undone in time`)
  // Copies the state, because a saga only stores actions that change it.
  return { state: { ...state }, effects: undoOf(state, step, attempt + 1) }
}

function giveUp(before: CheckoutFlowState, step: CheckoutFlowStep, because: string): CheckoutFlowNext {
  const state = { ...before, steps: { ...before.steps, [step]: 'stuck' as const } }
  const stuck: CheckoutFlowStuck = { type: 'CheckoutFlowStuck', ...state.facts, step, because }
  return end(state, [publish(CHECKOUT_FLOW_EVENTS, stuck)])
}

/** Sets the status while steps are undone, and publishes the failure when all of them are. */
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

/** Returns the undo command and its time-out, which replaces the time-out of the previous attempt. */
function undoOf(state: CheckoutFlowState, step: StepPlan, attempt: number): CheckoutFlowEffects {
  const { name, commands, id, undo } = step
  if (undo === undefined) return []
  const patience = CHECKOUT_FLOW_UNDO_TIMEOUTS[attempt - 1] ?? CHECKOUT_FLOW_TIMEOUT
  const timedOut = { type: 'CheckoutFlowUndoTimedOut', step: name, attempt } as const
  return [dispatch(commands, undo(state), { key: id?.(state) || undefined }), delay(patience, timedOut, { id: name })]
}

/** Repeats the commands that have no answer. Only needed after a migration, because commands and time-outs survive restarts. */
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
  // Raise the version when a change of the reducer would change the state of running conversations. Keep the old reducer for
  // them: versions: { 1: checkoutFlowV1 }, or { 1: { ...checkoutFlowV1, migrate } }.
  version: 1,
}
