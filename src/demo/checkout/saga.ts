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
/** How long a step may take before it counts as failed. */
export const CHECKOUT_TIMEOUT = '30s'

/**
 * How long to wait for the answer to an undo command, by attempt. After the last one the step is stuck.
 */
export const CHECKOUT_UNDO_TIMEOUTS = ['30s', '60s', '120s', '240s', '480s']

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

export interface CheckoutState {
  /** `stuck`: a step could not be undone. It may still be undone later, and the saga then goes on. */
  readonly status: 'new' | 'running' | 'compensating' | 'completed' | 'failed' | 'stuck'
  readonly steps: Readonly<Record<CheckoutStep, Progress>>
  readonly facts: CheckoutFacts
  /** Why the steps are undone, when they are. */
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
  /** The topic its commands go to. */
  readonly commands: string
  /** The id that its commands are for. As their record key it keeps them in order. Default: the conversation's id. */
  readonly id?: (state: CheckoutState) => string
  readonly ask?: (state: CheckoutState) => CheckoutCommand
  /** The command that undoes the step. A step without one is not undone. */
  readonly undo?: (state: CheckoutState) => CheckoutCommand
}

/** The steps in order; they are undone from the last. Nothing asks for the first one: its event begins the conversation. */
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

/** Records what was heard, then decides by the whole state: so the order of events does not matter. */
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

/** What an event tells of a step. */
interface News {
  readonly step: CheckoutStep
  readonly progress: Progress
  readonly facts?: Partial<CheckoutFacts>
  readonly reason?: string
}

type CheckoutNext = Step<CheckoutState, CheckoutAction>

function follow(before: CheckoutState, news: News): CheckoutNext {
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

/** Sends the undo command again when it was not answered in time, up to the last attempt. */
function retryUndo(state: CheckoutState, name: CheckoutStep, attempt: number): CheckoutNext {
  const step = plan.find((one) => one.name === name)
  if (step === undefined || state.steps[name] !== 'undoing') return { state, effects: [] }
  if (attempt >= CHECKOUT_UNDO_TIMEOUTS.length) return giveUp(state, name, `${name} was not undone in time`)
  // A new object, since a saga stores only what changes its state.
  return { state: { ...state }, effects: undoOf(state, step, attempt + 1) }
}

function giveUp(before: CheckoutState, step: CheckoutStep, because: string): CheckoutNext {
  const state = { ...before, steps: { ...before.steps, [step]: 'stuck' as const } }
  const stuck: CheckoutStuck = { type: 'CheckoutStuck', ...state.facts, step, because }
  return end(state, [publish(CHECKOUT_EVENTS, stuck)])
}

/** The status while steps are undone, and the event that says that all of them are. */
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

/** The undo command and its time-out, which replaces the one of the attempt before. */
function undoOf(state: CheckoutState, step: StepPlan, attempt: number): CheckoutEffects {
  const { name, commands, id, undo } = step
  if (undo === undefined) return []
  const patience = CHECKOUT_UNDO_TIMEOUTS[attempt - 1] ?? CHECKOUT_TIMEOUT
  const timedOut = { type: 'CheckoutUndoTimedOut', step: name, attempt } as const
  return [dispatch(commands, undo(state), { key: id?.(state) || undefined }), delay(patience, timedOut, { id: name })]
}

/** Asks again for every step without an answer. It is needed after a migration only: commands and time-outs survive restarts. */
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
  // Raise it when conversations under way would be reduced to another state, and keep the reducer they began with:
  // versions: { 1: checkoutV1 }, or { 1: { ...checkoutV1, migrate } }.
  version: 1,
}
