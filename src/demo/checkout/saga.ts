// Generated from templates/ by npm run demo-sources. Do not edit: change the templates.

import { delay, dispatch, type Effect, publish, type Reducer, type Saga, type Step } from 'crbus'
import type {
  CheckoutAction,
  CheckoutCommand,
  CheckoutCompleted,
  CheckoutFacts,
  CheckoutFailed,
  CheckoutStep,
  CheckoutStuck,
} from './actions.ts'
import { checkoutCodec } from './codec.ts'

export const CHECKOUT_EVENTS = 'checkout-events'
/** How long the saga waits for the answer of a step before the step counts as failed. */
export const CHECKOUT_TIMEOUT = '1h'

/** How long the saga waits for the answer to an undo command, by attempt. After the last attempt the step is stuck. */
export const CHECKOUT_UNDO_TIMEOUTS = ['1h', '2h', '4h', '8h', '16h']

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

export interface CheckoutState {
  /** `stuck` means that a step could not be undone. If the step is undone later, the saga continues. */
  readonly status: 'new' | 'running' | 'compensating' | 'completed' | 'failed' | 'stuck'
  readonly steps: Readonly<Record<CheckoutStep, Progress>>
  readonly facts: CheckoutFacts
  /** Why the steps are undone; empty if they are not. */
  readonly reason: string
  /** Whether CheckoutFailed was published. */
  readonly hasFailed: boolean
}

export const newCheckout: CheckoutState = {
  status: 'new',
  steps: {
    order: 'open',
    inventory: 'open',
    payment: 'open',
  },
  facts: {
    order_id: '',
    item: '',
    total: 0,
  },
  reason: '',
  hasFailed: false,
}

interface StepPlan {
  readonly name: CheckoutStep
  /** The topic of its commands. */
  readonly commands: string
  /** The aggregate id of its commands. As the record key, it keeps them in order. Default: the correlation id. */
  readonly id?: (state: CheckoutState) => string
  readonly ask?: (state: CheckoutState) => CheckoutCommand
  /** The command that undoes the step. A step without this command is not undone. */
  readonly undo?: (state: CheckoutState) => CheckoutCommand
}

/** The steps in order; they are undone in reverse. The event of the first step begins the conversation, so it has no `ask`. */
const plan: readonly StepPlan[] = [
  {
    name: 'order',
    commands: 'order-commands',
    id: (state) => state.facts.order_id,
    undo: (state) => ({
      type: 'CancelOrder',
      order_id: state.facts.order_id,
      reason: state.reason,
    }),
  },
  {
    name: 'inventory',
    commands: 'inventory-commands',
    id: (state) => state.facts.order_id,
    ask: (state) => ({
      type: 'ReserveStock',
      order_id: state.facts.order_id,
      item: state.facts.item,
    }),
    undo: (state) => ({
      type: 'ReleaseStock',
      order_id: state.facts.order_id,
      item: state.facts.item,
    }),
  },
  {
    name: 'payment',
    commands: 'payment-commands',
    id: (state) => state.facts.order_id,
    ask: (state) => ({
      type: 'CompletePayment',
      order_id: state.facts.order_id,
      amount: state.facts.total,
    }),
  },
]

type CheckoutReducer = Reducer<CheckoutState, CheckoutAction>

/** Records the event, then decides from the whole state, so that the order of events does not matter. */
export const reduceCheckout: CheckoutReducer = (state, action) => {
  switch (action.type) {
    case 'OrderPlaced':
      return follow(state, {
        step: 'order',
        progress: 'done',
        facts: {
          order_id: action.order_id,
          item: action.item,
          total: action.total,
        },
      })
    case 'OrderCancelled':
      return follow(state, { step: 'order', progress: 'undone', reason: action.type })
    case 'StockReserved':
      return follow(state, {
        step: 'inventory',
        progress: 'done',
        facts: {
          order_id: action.order_id,
          item: action.item,
        },
      })
    case 'StockReleased':
      return follow(state, { step: 'inventory', progress: 'undone', reason: action.type })
    case 'PaymentCompleted':
      return follow(state, {
        step: 'payment',
        progress: 'done',
        facts: {
          order_id: action.order_id,
        },
      })
    case 'PaymentFailed':
      return follow(state, { step: 'payment', progress: 'failed', reason: action.reason })
    case 'CheckoutTimedOut':
      if (state.steps[action.step] !== 'asked') return { state, effects: [] }
      return follow(state, { step: action.step, progress: 'failed', reason: `${action.step} did not answer in time` })
    case 'CheckoutUndoTimedOut':
      return retryUndo(state, action.step, action.attempt)
  }
}

/** What an event says about a step. */
interface News {
  readonly step: CheckoutStep
  readonly progress: Progress
  readonly facts?: Partial<CheckoutFacts>
  readonly reason?: string
}

type CheckoutNext = Step<CheckoutState, CheckoutAction>

function follow(before: CheckoutState, news: News): CheckoutNext {
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

function goOn(state: CheckoutState): CheckoutNext {
  const next = plan.find(({ name }) => state.steps[name] !== 'done')
  if (next === undefined) {
    const completed: CheckoutCompleted = { type: 'CheckoutCompleted', ...state.facts }
    return { state: { ...state, status: 'completed' }, effects: [publish(CHECKOUT_EVENTS, completed)] }
  }
  if (state.steps[next.name] !== 'open') return { state: { ...state, status: 'running' }, effects: [] }
  return {
    state: { ...state, status: 'running', steps: { ...state.steps, [next.name]: 'asked' } },
    effects: askFor(state, next),
  }
}

function takeBack(state: CheckoutState): CheckoutNext {
  const steps = { ...state.steps }
  const effects = plan.toReversed().flatMap((step) => {
    if (steps[step.name] !== 'done' || step.undo === undefined) return []
    steps[step.name] = 'undoing'
    return undoOf(state, step, 1)
  })
  return end({ ...state, steps }, effects)
}

/** Sends the undo command again after a time-out. After the last attempt the step is stuck. */
function retryUndo(state: CheckoutState, name: CheckoutStep, attempt: number): CheckoutNext {
  const step = plan.find((one) => one.name === name)
  if (step === undefined || state.steps[name] !== 'undoing') return { state, effects: [] }
  if (attempt >= CHECKOUT_UNDO_TIMEOUTS.length) return giveUp(state, name, `${name} was not undone in time`)
  // Copies the state, because a saga only stores actions that change it.
  return { state: { ...state }, effects: undoOf(state, step, attempt + 1) }
}

function giveUp(before: CheckoutState, step: CheckoutStep, because: string): CheckoutNext {
  const state = { ...before, steps: { ...before.steps, [step]: 'stuck' as const } }
  const stuck: CheckoutStuck = { type: 'CheckoutStuck', ...state.facts, step, because }
  return end(state, [publish(CHECKOUT_EVENTS, stuck)])
}

/** Sets the status while steps are undone, and publishes the failure when all of them are. */
function end(state: CheckoutState, effects: readonly Effect<CheckoutAction>[]): CheckoutNext {
  const steps = Object.values(state.steps)
  if (steps.includes('stuck')) return { state: { ...state, status: 'stuck' }, effects }
  if (steps.includes('asked') || steps.includes('undoing')) {
    return { state: { ...state, status: state.hasFailed ? 'failed' : 'compensating' }, effects }
  }
  if (state.hasFailed) return { state: { ...state, status: 'failed' }, effects }
  const failed: CheckoutFailed = { type: 'CheckoutFailed', ...state.facts, because: state.reason }
  return {
    state: { ...state, status: 'failed', hasFailed: true },
    effects: [...effects, publish(CHECKOUT_EVENTS, failed)],
  }
}

type CheckoutEffects = readonly Effect<CheckoutAction>[]

function askFor(state: CheckoutState, step: StepPlan): CheckoutEffects {
  const { name, commands, id, ask } = step
  const timedOut = { type: 'CheckoutTimedOut', step: name } as const
  const timeOut = delay(CHECKOUT_TIMEOUT, timedOut, { id: name })
  return ask === undefined ? [timeOut] : [dispatch(commands, ask(state), { key: id?.(state) || undefined }), timeOut]
}

/** Returns the undo command and its time-out, which replaces the time-out of the previous attempt. */
function undoOf(state: CheckoutState, step: StepPlan, attempt: number): CheckoutEffects {
  const { name, commands, id, undo } = step
  if (undo === undefined) return []
  const patience = CHECKOUT_UNDO_TIMEOUTS[attempt - 1] ?? CHECKOUT_TIMEOUT
  const timedOut = { type: 'CheckoutUndoTimedOut', step: name, attempt } as const
  return [dispatch(commands, undo(state), { key: id?.(state) || undefined }), delay(patience, timedOut, { id: name })]
}

/** Repeats the commands that have no answer. Only needed after a migration, because commands and time-outs survive restarts. */
export const resumeCheckout = (state: CheckoutState): CheckoutEffects =>
  plan.toReversed().flatMap((step) => {
    if (state.steps[step.name] === 'asked') return askFor(state, step)
    return state.steps[step.name] === 'undoing' ? undoOf(state, step, 1) : []
  })

export const checkoutSaga: Saga<CheckoutState, CheckoutAction> = {
  name: 'checkout',
  topics: ['order-events', 'inventory-events', 'payment-events'],
  initial: newCheckout,
  reduce: reduceCheckout,
  resume: resumeCheckout,
  codec: checkoutCodec,
  // Raise the version when a change of the reducer would change the state of running conversations. Keep the old reducer for
  // them: versions: { 1: checkoutV1 }, or { 1: { ...checkoutV1, migrate } }.
  version: 1,
}
