import { delay, dispatch, publish, type Reducer, type Saga, type Step } from 'crbus'
import type {
  CheckoutAction,
  CheckoutCommand,
  CheckoutCompleted,
  CheckoutFacts,
  CheckoutFailed,
  CheckoutStep,
} from './actions.ts'
import { checkoutCodec } from './codec.ts'

export const CHECKOUT_EVENTS = 'checkout-events'
/** How long a step may take before it counts as failed. */
export const CHECKOUT_TIMEOUT = '30s'

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

export interface CheckoutState {
  readonly status: 'new' | 'running' | 'compensating' | 'completed' | 'failed'
  readonly steps: Readonly<Record<CheckoutStep, Progress>>
  readonly facts: CheckoutFacts
  /** Why it is taken back, when it is. */
  readonly reason: string
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
}

interface StepPlan {
  readonly name: CheckoutStep
  /** The topic its commands go to. */
  readonly commands: string
  readonly ask?: (state: CheckoutState) => CheckoutCommand
  /** Takes it back. A step without is not taken back. */
  readonly undo?: (state: CheckoutState) => CheckoutCommand
}

/** One after the other, and taken back from the last. The first is not asked for: its event begins it all. */
const plan: readonly StepPlan[] = [
  {
    name: 'order',
    commands: 'order-commands',
    undo: (state) => ({
      type: 'CancelOrder',
      order_id: state.facts.order_id,
      reason: state.reason,
    }),
  },
  {
    name: 'inventory',
    commands: 'inventory-commands',
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
    ask: (state) => ({
      type: 'CompletePayment',
      order_id: state.facts.order_id,
      amount: state.facts.total,
    }),
  },
]

type CheckoutReducer = Reducer<CheckoutState, CheckoutAction>

/** Notes what was heard, then decides what follows from all that is known: so the order of events does not matter. */
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
  }
}

/** What an event tells of a step. */
interface News {
  readonly step: CheckoutStep
  readonly progress: Progress
  readonly facts?: Partial<CheckoutFacts>
  readonly reason?: string
}

function follow(before: CheckoutState, news: News): Step<CheckoutState, CheckoutAction> {
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

function goOn(state: CheckoutState): Step<CheckoutState, CheckoutAction> {
  const next = plan.find(({ name }) => state.steps[name] !== 'done')
  if (next === undefined) {
    const completed: CheckoutCompleted = { type: 'CheckoutCompleted', ...state.facts }
    return { state: { ...state, status: 'completed' }, effects: [publish(CHECKOUT_EVENTS, completed)] }
  }
  const { name, commands, ask } = next
  if (ask === undefined || state.steps[name] !== 'open') return { state: { ...state, status: 'running' }, effects: [] }
  const timedOut = { type: 'CheckoutTimedOut', step: name } as const
  return {
    state: { ...state, status: 'running', steps: { ...state.steps, [name]: 'asked' } },
    effects: [dispatch(commands, ask(state)), delay(CHECKOUT_TIMEOUT, timedOut, { id: name })],
  }
}

function takeBack(state: CheckoutState): Step<CheckoutState, CheckoutAction> {
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
  const failed: CheckoutFailed = { type: 'CheckoutFailed', ...state.facts, because: state.reason }
  return { state: { ...state, steps, status: 'failed' }, effects: [publish(CHECKOUT_EVENTS, failed)] }
}

export const checkoutSaga: Saga<CheckoutState, CheckoutAction> = {
  name: 'checkout',
  topics: ['order-events', 'inventory-events', 'payment-events'],
  initial: newCheckout,
  reduce: reduceCheckout,
  codec: checkoutCodec,
}
