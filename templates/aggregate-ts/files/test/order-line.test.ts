import { append, publish } from 'crbus'
import { given } from 'crbus/testing'
import { describe, expect, test } from 'vitest'
// crbus:as ts.test_imports
import type {
  CancelOrderLine,
  OrderLineAction,
  OrderLineCancelled,
  OrderLineCommand,
  OrderLineEvent,
  OrderLinePlaced,
  OrderLineStatus,
  PlaceOrderLine,
} from '../src/order-line/actions.ts'
// crbus:end
import { orderLineAggregate } from '../src/order-line/aggregate.ts'
import { orderLineCodec } from '../src/order-line/codec.ts'

// crbus:put `'order-line-1'` is id.example_ts
const order_line_id = 'order-line-1'

const placeOrderLine: PlaceOrderLine = {
  type: 'PlaceOrderLine',
  order_line_id,
  // crbus:each field of creation.fields; 1250 is field.example_ts
  line_total: 1250,
  // crbus:end
}
const orderLinePlaced: OrderLinePlaced = { ...placeOrderLine, type: 'OrderLinePlaced' }
// crbus:each change of changes

const cancelOrderLine: CancelOrderLine = {
  type: 'CancelOrderLine',
  order_line_id,
  // crbus:each field of change.fields; reason is field.name; `'example'` is field.example_ts
  reason: 'example',
  // crbus:end
}
const orderLineCancelled: OrderLineCancelled = { ...cancelOrderLine, type: 'OrderLineCancelled' }
// crbus:end

// crbus:if refusing

type Refused<Command> = (command: Command, reason: string) => OrderLineEvent
// crbus:end
// crbus:if creation.failure

// crbus:put `(command, reason)` is creation.failure.expected_parameters_ts
const refusedPlaceOrderLine: Refused<PlaceOrderLine> = (command, reason) => ({
  type: 'OrderLineRejected',
  order_line_id: command.order_line_id,
  // crbus:each field of creation.failure.shared
  line_total: command.line_total,
  // crbus:end
  // crbus:each field of creation.failure.own
  // crbus:as field.expected_line_ts
  reason,
  // crbus:end
  // crbus:end
})
// crbus:end
// crbus:each change of changes
// crbus:if change.failure

// crbus:put `(command, reason)` is change.failure.expected_parameters_ts
const refusedCancelOrderLine: Refused<CancelOrderLine> = (command, reason) => ({
  type: 'OrderLineCancelRejected',
  order_line_id: command.order_line_id,
  // crbus:each field of change.failure.shared
  // crbus:as field.shared_line_ts
  // crbus:end
  // crbus:end
  // crbus:each field of change.failure.own
  // crbus:as field.expected_line_ts
  reason,
  // crbus:end
  // crbus:end
})
// crbus:end
// crbus:end

/** The events that lead to each status. */
const histories: Readonly<Record<OrderLineStatus, readonly OrderLineEvent[]>> = {
  new: [],
  OrderLinePlaced: [orderLinePlaced],
  // crbus:each change of changes
  OrderLineCancelled: [orderLinePlaced, orderLineCancelled],
  // crbus:end
}

interface Rule {
  readonly command: OrderLineCommand
  readonly event: OrderLineEvent & { readonly type: OrderLineStatus }
  /** The statuses in which the command applies. */
  readonly follows: readonly OrderLineStatus[]
  /** Creates the event that answers the command when it is refused. */
  readonly refused?: (reason: string) => OrderLineEvent
}

const rules: readonly Rule[] = [
  {
    command: placeOrderLine,
    event: orderLinePlaced,
    follows: ['new'],
    // crbus:if creation.failure
    refused: (reason) => refusedPlaceOrderLine(placeOrderLine, reason),
    // crbus:end
  },
  // crbus:each change of changes
  {
    command: cancelOrderLine,
    event: orderLineCancelled,
    // crbus:as change.expected_follows_ts
    follows: ['OrderLinePlaced'],
    // crbus:end
    // crbus:if change.failure
    refused: (reason) => refusedCancelOrderLine(cancelOrderLine, reason),
    // crbus:end
  },
  // crbus:end
]

const actions: Readonly<Record<string, OrderLineAction>> = {
  placeOrderLine,
  orderLinePlaced,
  // crbus:each change of changes
  cancelOrderLine,
  orderLineCancelled,
  // crbus:end
}

/** The effects that store and publish an event. */
const emitted = (event: OrderLineEvent) => [append(event), publish('order-line-events', event)]

/** The state after the events that lead to a status. */
const stateIn = (status: OrderLineStatus) => ({
  status,
  // crbus:each field of creation.fields; 1250 is field.example_ts
  line_total: 1250,
  // crbus:end
})

describe('order-line', () => {
  test('takes commands from order-line-commands and routes each by its id', () => {
    expect(orderLineAggregate).toMatchObject({
      name: 'order-line',
      commands: 'order-line-commands',
      events: 'order-line-events',
    })
    for (const action of Object.values(actions)) expect(orderLineAggregate.idOf(action)).toBe(order_line_id)
  })

  test('has empty fields and the status new before the first event', () => {
    expect(orderLineAggregate.initial).toEqual({
      status: 'new',
      // crbus:each field of creation.fields; 0 is field.empty_ts
      line_total: 0,
      // crbus:end
    })
  })

  test.each(rules)('$command.type leads to $event.type when it applies', ({ command, event, follows }) => {
    for (const status of follows) {
      const outcome = given(orderLineAggregate, histories[status]).when(command)
      outcome.expect(emitted(event)).expectEvents([event]).expectState(stateIn(event.type))
    }
  })

  test.each(rules)('$command.type is refused when it does not apply', ({ command, event, follows, refused }) => {
    const others = Object.entries(histories).filter(([status]) => !follows.some((one) => one === status))
    for (const [status, history] of others) {
      const reason = `${command.type} does not apply in status ${status}`
      const expected = status === event.type || refused === undefined ? [] : [refused(reason)]
      const outcome = given(orderLineAggregate, history).when(command)
      // crbus:if refuses_plainly
      if (refused === undefined && status !== event.type) outcome.expectRejected(reason)
      else outcome.expect(expected.flatMap(emitted))
      // crbus:end
      // crbus:if not refuses_plainly
      outcome.expect(expected.flatMap(emitted))
      // crbus:end
      expect(outcome.events).toEqual(expected)
      expect(outcome.state.status).toBe(status)
    }
  })

  // crbus:if creation.failure
  test('PlaceOrderLine leads to OrderLineRejected with the reason', () => {
    const expectRefused = (command: PlaceOrderLine, reason: string) => {
      const outcome = given(orderLineAggregate, []).when(command)
      outcome.expect(emitted(refusedPlaceOrderLine(command, reason)))
    }
    // crbus:if not codec=rust
    expectRefused({ ...placeOrderLine, order_line_id: '' }, 'order_line_id is empty')
    // crbus:end
    // crbus:if codec=rust
    // crbus:put `''` is id.empty_ts
    const empty = ''
    expectRefused({ ...placeOrderLine, order_line_id: empty }, 'order_line_id is empty')
    // crbus:end
    // crbus:if creation.limited; line_total is creation.limited.name
    expectRefused({ ...placeOrderLine, line_total: -1 }, 'line_total is not from 0 to 100000')
    expectRefused({ ...placeOrderLine, line_total: 100_001 }, 'line_total is not from 0 to 100000')
    for (const line_total of [0, 100_000]) {
      const outcome = given(orderLineAggregate, []).when({ ...placeOrderLine, line_total })
      outcome.expectEvents([{ ...orderLinePlaced, line_total }])
    }
    // crbus:end
  })

  // crbus:end
  // crbus:each change of changes
  // crbus:if change.failure
  test('CancelOrderLine leads to OrderLineCancelRejected with the reason', () => {
    const expectRefused = (command: CancelOrderLine, reason: string) => {
      const outcome = given(orderLineAggregate, [orderLinePlaced]).when(command)
      outcome.expect(emitted(refusedCancelOrderLine(command, reason)))
    }
    // crbus:if not codec=rust
    expectRefused({ ...cancelOrderLine, order_line_id: '' }, 'order_line_id is empty')
    // crbus:end
    // crbus:if codec=rust
    // crbus:put `''` is id.empty_ts
    const empty = ''
    expectRefused({ ...cancelOrderLine, order_line_id: empty }, 'order_line_id is empty')
    // crbus:end
    // crbus:if change.limited
    // crbus:as change.limit_tests_ts
    // crbus:end
    // crbus:end
  })

  // crbus:end
  // crbus:end
  test.each(Object.values(actions))('$type is decoded as it was encoded, also with extreme values', (action) => {
    const edges = Object.entries(action).flatMap(([field, value]) =>
      edgesLike(value).map((edge): OrderLineAction => ({ ...action, [field]: edge })),
    )
    for (const written of [action, ...edges]) {
      const event = { ...orderLineCodec.encode(written), metadata: null }
      expect(event.eventType).toBe(`${action.type}.v1`)
      expect(orderLineCodec.decode(event)).toEqual(written)
    }
  })
})

/** Values of the same type that codecs often get wrong: zero, negative, above 32 bits, up to 2^53 - 1; text in many scripts. */
function edgesLike(value: unknown): readonly unknown[] {
  const whole = [0, -1, 2 ** 32, Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER]
  if (typeof value === 'number') return Number.isInteger(value) ? whole : [...whole, 0.1, -0.5, Number.MAX_VALUE]
  if (typeof value === 'boolean') return [!value]
  return value === 'example' ? ['', 'Grüße, 日本語, 🫖', 'a "b" \\ c\n'] : []
}
