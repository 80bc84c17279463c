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

// Two aggregates and a saga: an order is placed and its payment is charged. A third of the payments fail, and their
// orders are
// cancelled.

type OrderEvent =
  | { readonly type: 'OrderPlaced'; readonly order_id: string; readonly total: number }
  | { readonly type: 'OrderConfirmed'; readonly order_id: string }
  | { readonly type: 'OrderCancelled'; readonly order_id: string; readonly reason: string }
  | { readonly type: 'OrderRejected'; readonly order_id: string; readonly reason: string }

type OrderAction =
  | { readonly type: 'PlaceOrder'; readonly order_id: string; readonly total: number }
  | { readonly type: 'ConfirmOrder'; readonly order_id: string }
  | { readonly type: 'CancelOrder'; readonly order_id: string; readonly reason: string }
  | OrderEvent

interface OrderState {
  readonly status: 'new' | 'placed' | 'confirmed' | 'cancelled'
}

type PaymentEvent =
  | { readonly type: 'PaymentCompleted'; readonly order_id: string; readonly amount: number }
  | { readonly type: 'PaymentFailed'; readonly order_id: string; readonly reason: string }
  | { readonly type: 'PaymentRefunded'; readonly order_id: string }

type PaymentAction =
  | { readonly type: 'ChargePayment'; readonly order_id: string; readonly amount: number }
  | { readonly type: 'RefundPayment'; readonly order_id: string }
  | PaymentEvent

interface PaymentState {
  readonly status: 'none' | 'paid' | 'failed' | 'refunded'
}

type CheckoutAction = OrderEvent | PaymentEvent | { readonly type: 'PaymentTimedOut'; readonly order_id: string }

interface CheckoutState {
  readonly status: 'idle' | 'charging' | 'confirming' | 'completed' | 'compensating' | 'compensated'
  readonly order_id?: string
}

export interface Shop {
  readonly order: Aggregate<OrderState, OrderAction>
  readonly payment: Aggregate<PaymentState, PaymentAction>
  readonly checkout: Saga<CheckoutState, CheckoutAction>
}

/** Whether the payment of an order fails, as a third of them do. */
export const paymentFails = (amount: number): boolean => amount % 3 === 0

/** Returns the name of a consumer group of a shop. */
export const shopGroup = (prefix: string, role: string): string => `${prefix}${role}`

/** Makes a shop. `prefix` separates the topics of shops that share a broker; `patience` is how long a payment may take. */
export function makeShop(prefix = '', patience = '30m'): Shop {
  const orderEvents = `${prefix}order-events`
  const orderCommands = `${prefix}order-commands`
  const paymentEvents = `${prefix}payment-events`
  const paymentCommands = `${prefix}payment-commands`

  const order: Shop['order'] = {
    name: 'order',
    events: orderEvents,
    commands: orderCommands,
    initial: { status: 'new' },
    reduce: orderReducer(orderEvents),
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

  const payment: Shop['payment'] = {
    name: 'payment',
    events: paymentEvents,
    commands: paymentCommands,
    initial: { status: 'none' },
    reduce: paymentReducer(paymentEvents),
    codec: cborCodec<PaymentAction>({
      ChargePayment: 1,
      RefundPayment: 1,
      PaymentCompleted: 1,
      PaymentFailed: 1,
      PaymentRefunded: 1,
    }),
    idOf: ({ order_id }) => order_id,
  }

  const checkout: Shop['checkout'] = {
    name: 'checkout',
    topics: [orderEvents, paymentEvents],
    initial: { status: 'idle' },
    reduce: checkoutReducer(orderCommands, paymentCommands, patience),
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
  return { order, payment, checkout }
}

function orderReducer(topic: string): Reducer<OrderState, OrderAction> {
  const emit = (state: OrderState, event: OrderEvent) => ({ state, effects: [append(event), publish(topic, event)] })
  return (state, action) => {
    const nothing = { state, effects: [] }
    switch (action.type) {
      case 'PlaceOrder': {
        const { order_id, total } = action
        if (state.status === 'new') return emit(state, { type: 'OrderPlaced', order_id, total })
        // Publishes without appending, so that the runtime appends the event.
        const rejected: OrderEvent = { type: 'OrderRejected', order_id, reason: 'it is placed already' }
        return { state, effects: [publish(topic, rejected)] }
      }
      case 'ConfirmOrder':
        if (state.status !== 'placed') return nothing
        return emit(state, { type: 'OrderConfirmed', order_id: action.order_id })
      case 'CancelOrder':
        if (state.status !== 'placed') return nothing
        return emit(state, { type: 'OrderCancelled', order_id: action.order_id, reason: action.reason })
      case 'OrderPlaced':
        return { state: { status: 'placed' }, effects: [] }
      case 'OrderConfirmed':
        return { state: { status: 'confirmed' }, effects: [] }
      case 'OrderCancelled':
        return { state: { status: 'cancelled' }, effects: [] }
      case 'OrderRejected':
        return nothing
    }
  }
}

/** Publishes when it reduces its events, as the examples of the framework do. */
function paymentReducer(topic: string): Reducer<PaymentState, PaymentAction> {
  return (state, action) => {
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
        return { state: { status: 'paid' }, effects: [publish(topic, action)] }
      case 'PaymentFailed':
        return { state: { status: 'failed' }, effects: [publish(topic, action)] }
      case 'PaymentRefunded':
        return { state: { status: 'refunded' }, effects: [publish(topic, action)] }
    }
  }
}

function checkoutReducer(orders: string, payments: string, patience: string): Reducer<CheckoutState, CheckoutAction> {
  return (state, action) => {
    const { order_id } = action
    const cancel = (reason: string) => ({
      state: { status: 'compensating', order_id } as const,
      effects: [dispatch(orders, { type: 'CancelOrder', order_id, reason } satisfies OrderAction)],
    })
    switch (action.type) {
      case 'OrderPlaced':
        if (state.status !== 'idle') break
        return {
          state: { status: 'charging', order_id },
          effects: [
            dispatch(payments, { type: 'ChargePayment', order_id, amount: action.total } satisfies PaymentAction),
            delay(patience, { type: 'PaymentTimedOut', order_id }),
          ],
        }
      case 'PaymentCompleted':
        if (state.status === 'charging') {
          return {
            state: { status: 'confirming', order_id },
            effects: [dispatch(orders, { type: 'ConfirmOrder', order_id } satisfies OrderAction)],
          }
        }
        // The order is being cancelled, so the payment comes too late.
        if (state.status !== 'compensating' && state.status !== 'compensated') break
        return {
          state,
          effects: [dispatch(payments, { type: 'RefundPayment', order_id } satisfies PaymentAction)],
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
}
