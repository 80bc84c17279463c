import {
  type Aggregate,
  append,
  cborCodec,
  delay,
  dispatch,
  publish,
  type Reducer,
  type Saga,
} from '../../src/index.ts'

// Two aggregates and a saga: an order is placed, its payment charged; a third of the payments fails, and the order is
// cancelled for it.

export const ORDER_EVENTS = 'order-events'
export const ORDER_COMMANDS = 'order-commands'
export const PAYMENT_EVENTS = 'payment-events'
export const PAYMENT_COMMANDS = 'payment-commands'
export const shopTopics = [ORDER_EVENTS, ORDER_COMMANDS, PAYMENT_EVENTS, PAYMENT_COMMANDS]

export type OrderEvent =
  | { readonly type: 'OrderPlaced'; readonly order_id: string; readonly total: number }
  | { readonly type: 'OrderConfirmed'; readonly order_id: string }
  | { readonly type: 'OrderCancelled'; readonly order_id: string; readonly reason: string }
  | { readonly type: 'OrderRejected'; readonly order_id: string; readonly reason: string }

export type OrderAction =
  | { readonly type: 'PlaceOrder'; readonly order_id: string; readonly total: number }
  | { readonly type: 'ConfirmOrder'; readonly order_id: string }
  | { readonly type: 'CancelOrder'; readonly order_id: string; readonly reason: string }
  | OrderEvent

export interface OrderState {
  readonly status: 'new' | 'placed' | 'confirmed' | 'cancelled'
}

const emitOrder = (state: OrderState, event: OrderEvent) => ({
  state,
  effects: [append(event), publish(ORDER_EVENTS, event)],
})

export const reduceOrder: Reducer<OrderState, OrderAction> = (state, action) => {
  switch (action.type) {
    case 'PlaceOrder': {
      const { order_id, total } = action
      if (state.status === 'new') return emitOrder(state, { type: 'OrderPlaced', order_id, total })
      // Says so without appending, which the runtime then does.
      const rejected: OrderEvent = { type: 'OrderRejected', order_id, reason: 'it is placed already' }
      return { state, effects: [publish(ORDER_EVENTS, rejected)] }
    }
    case 'ConfirmOrder':
      if (state.status !== 'placed') return { state, effects: [] }
      return emitOrder(state, { type: 'OrderConfirmed', order_id: action.order_id })
    case 'CancelOrder':
      if (state.status !== 'placed') return { state, effects: [] }
      return emitOrder(state, { type: 'OrderCancelled', order_id: action.order_id, reason: action.reason })
    case 'OrderPlaced':
      return { state: { status: 'placed' }, effects: [] }
    case 'OrderConfirmed':
      return { state: { status: 'confirmed' }, effects: [] }
    case 'OrderCancelled':
      return { state: { status: 'cancelled' }, effects: [] }
    case 'OrderRejected':
      return { state, effects: [] }
  }
}

export const order: Aggregate<OrderState, OrderAction> = {
  name: 'order',
  events: ORDER_EVENTS,
  commands: ORDER_COMMANDS,
  initial: { status: 'new' },
  reduce: reduceOrder,
  codec: cborCodec<OrderAction>({
    PlaceOrder: 1,
    ConfirmOrder: 1,
    CancelOrder: 1,
    OrderPlaced: 1,
    OrderConfirmed: 1,
    OrderCancelled: 1,
    OrderRejected: 1,
  }),
  idOf: ({ order_id }) => order_id,
}

export type PaymentEvent =
  | { readonly type: 'PaymentCompleted'; readonly order_id: string; readonly amount: number }
  | { readonly type: 'PaymentFailed'; readonly order_id: string; readonly reason: string }
  | { readonly type: 'PaymentRefunded'; readonly order_id: string }

export type PaymentAction =
  | { readonly type: 'ChargePayment'; readonly order_id: string; readonly amount: number }
  | { readonly type: 'RefundPayment'; readonly order_id: string }
  | PaymentEvent

export interface PaymentState {
  readonly status: 'none' | 'paid' | 'failed' | 'refunded'
}

/** A third of the payments. */
export const paymentFails = (amount: number): boolean => amount % 3 === 0

/** Publishes from the events' arms, as the framework's own examples do. */
export const reducePayment: Reducer<PaymentState, PaymentAction> = (state, action) => {
  switch (action.type) {
    case 'ChargePayment': {
      const { order_id, amount } = action
      if (state.status !== 'none') return { state, effects: [] }
      const event: PaymentEvent = paymentFails(amount)
        ? { type: 'PaymentFailed', order_id, reason: 'card declined' }
        : { type: 'PaymentCompleted', order_id, amount }
      return { state, effects: [append(event)] }
    }
    case 'RefundPayment':
      if (state.status !== 'paid') return { state, effects: [] }
      return { state, effects: [append({ type: 'PaymentRefunded', order_id: action.order_id })] }
    case 'PaymentCompleted':
      return { state: { status: 'paid' }, effects: [publish(PAYMENT_EVENTS, action)] }
    case 'PaymentFailed':
      return { state: { status: 'failed' }, effects: [publish(PAYMENT_EVENTS, action)] }
    case 'PaymentRefunded':
      return { state: { status: 'refunded' }, effects: [publish(PAYMENT_EVENTS, action)] }
  }
}

export const payment: Aggregate<PaymentState, PaymentAction> = {
  name: 'payment',
  events: PAYMENT_EVENTS,
  commands: PAYMENT_COMMANDS,
  initial: { status: 'none' },
  reduce: reducePayment,
  codec: cborCodec<PaymentAction>({
    ChargePayment: 1,
    RefundPayment: 1,
    PaymentCompleted: 1,
    PaymentFailed: 1,
    PaymentRefunded: 1,
  }),
  idOf: ({ order_id }) => order_id,
}

export type CheckoutAction = OrderEvent | PaymentEvent | { readonly type: 'PaymentTimedOut'; readonly order_id: string }

export type CheckoutState =
  | { readonly status: 'idle' }
  | {
      readonly status: 'charging' | 'confirming' | 'completed' | 'compensating' | 'compensated'
      readonly order_id: string
    }

export const reduceCheckout: Reducer<CheckoutState, CheckoutAction> = (state, action) => {
  const cancel = (reason: string) => ({
    state: { status: 'compensating', order_id: action.order_id } as const,
    effects: [
      dispatch(ORDER_COMMANDS, { type: 'CancelOrder', order_id: action.order_id, reason } satisfies OrderAction),
    ],
  })
  const { order_id } = action
  switch (action.type) {
    case 'OrderPlaced':
      if (state.status !== 'idle') break
      return {
        state: { status: 'charging', order_id },
        effects: [
          dispatch(PAYMENT_COMMANDS, { type: 'ChargePayment', order_id, amount: action.total } satisfies PaymentAction),
          delay('30m', { type: 'PaymentTimedOut', order_id }),
        ],
      }
    case 'PaymentCompleted':
      if (state.status === 'charging') {
        return {
          state: { status: 'confirming', order_id },
          effects: [dispatch(ORDER_COMMANDS, { type: 'ConfirmOrder', order_id } satisfies OrderAction)],
        }
      }
      // Too late: the order is being cancelled.
      if (state.status !== 'compensating' && state.status !== 'compensated') break
      return {
        state,
        effects: [dispatch(PAYMENT_COMMANDS, { type: 'RefundPayment', order_id } satisfies PaymentAction)],
      }
    case 'PaymentFailed':
      if (state.status === 'charging') return cancel(action.reason)
      break
    case 'PaymentTimedOut':
      if (state.status === 'charging') return cancel('the payment took too long')
      break
    case 'OrderConfirmed':
      if (state.status === 'confirming') return { state: { status: 'completed', order_id }, effects: [] }
      break
    case 'OrderCancelled':
      if (state.status === 'compensating') return { state: { status: 'compensated', order_id }, effects: [] }
      break
  }
  return { state, effects: [] }
}

export const checkout: Saga<CheckoutState, CheckoutAction> = {
  name: 'checkout',
  topics: [ORDER_EVENTS, PAYMENT_EVENTS],
  initial: { status: 'idle' },
  reduce: reduceCheckout,
  codec: cborCodec<CheckoutAction>({
    OrderPlaced: 1,
    OrderConfirmed: 1,
    OrderCancelled: 1,
    OrderRejected: 1,
    PaymentCompleted: 1,
    PaymentFailed: 1,
    PaymentRefunded: 1,
    PaymentTimedOut: 1,
  }),
}
