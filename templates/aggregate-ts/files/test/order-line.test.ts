import { given } from 'crbus/testing'
import { describe, expect, test } from 'vitest'
// crbus:as ts.test_imports
import type {
  CancelOrderLine,
  OrderLineAction,
  OrderLineCancelled,
  OrderLinePlaced,
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

const actions: Readonly<Record<string, OrderLineAction>> = {
  placeOrderLine,
  orderLinePlaced,
  // crbus:each change of changes
  cancelOrderLine,
  orderLineCancelled,
  // crbus:end
}

describe('order-line', () => {
  test('PlaceOrderLine leads to OrderLinePlaced, once', () => {
    given(orderLineAggregate, []).when(placeOrderLine).expectEvents([orderLinePlaced])
    given(orderLineAggregate, [orderLinePlaced]).when(placeOrderLine).expect([])
  })

  // crbus:each change of changes
  test('CancelOrderLine leads to OrderLineCancelled, once and not before OrderLinePlaced', () => {
    given(orderLineAggregate, [orderLinePlaced]).when(cancelOrderLine).expectEvents([orderLineCancelled])
    given(orderLineAggregate, [orderLinePlaced, orderLineCancelled]).when(cancelOrderLine).expect([])
    given(orderLineAggregate, []).when(cancelOrderLine).expect([])
  })

  // crbus:end
  // crbus:if creation.failure
  test('PlaceOrderLine leads to OrderLineRejected where the rule says so', () => {
    // crbus:put `line_total: 100_001` is creation.refused_ts
    const { events } = given(orderLineAggregate, []).when({ ...placeOrderLine, line_total: 100_001 })
    expect(events.map(({ type }) => type)).toEqual(['OrderLineRejected'])
  })

  // crbus:end
  // crbus:each change of changes
  // crbus:if change.failure
  test('CancelOrderLine leads to OrderLineCancelRejected where the rule says so', () => {
    // crbus:put `order_line_id: ''` is change.refused_ts
    const { events } = given(orderLineAggregate, [orderLinePlaced]).when({ ...cancelOrderLine, order_line_id: '' })
    expect(events.map(({ type }) => type)).toEqual(['OrderLineCancelRejected'])
  })

  // crbus:end
  // crbus:end
  test.each(Object.values(actions))('$type is read as it was written', (action) => {
    const event = { ...orderLineCodec.encode(action), metadata: null }
    expect(event.eventType).toBe(`${action.type}.v1`)
    expect(orderLineCodec.decode(event)).toEqual(action)
  })
})
