import { describe, expect, test } from 'vitest'
import { defaultEvents, idOf, readEvents } from '../../../src/scaffold/events/events.ts'
import { type Name, parseName, spellings } from '../../../src/scaffold/name.ts'

const shown = (texts: readonly string[]) =>
  readEvents(texts).map(({ name, command, fields, failures }) => ({
    event: spellings.pascal(name),
    command: spellings.pascal(command),
    fields: fields.map((field) => `${spellings.snake(field.name)}=${field.type.name}`),
    failures: failures.map((failure) => spellings.pascal(failure.name)),
  }))

describe('events as typed', () => {
  test('have commands after their names or before them, and failures belong to the event before', () => {
    expect(
      shown([
        'OrderPlaced:order_id=uuid,total=money',
        'OrderRejected:order_id=uuid',
        'OrderDenied',
        'Ring/BellHeard:at=time',
      ]),
    ).toEqual([
      {
        event: 'OrderPlaced',
        command: 'PlaceOrder',
        fields: ['order_id=uuid', 'total=money'],
        failures: ['OrderRejected', 'OrderDenied'],
      },
      { event: 'BellHeard', command: 'Ring', fields: ['at=time'], failures: [] },
    ])
    // With a command of its own it is no failure but what somebody decides.
    expect(shown(['RejectOrder/OrderRejected'])).toMatchObject([{ command: 'RejectOrder', failures: [] }])
  })

  test.each([
    [['OrderFailed'], 'a failure comes after'],
    [['StockShort'], 'its command does not follow from its name'],
    [['orderPlaced'], "'orderPlaced' is written OrderPlaced"],
    [['OrderPlaced:a=uuid,a=int'], 'it has two fields a'],
    [['OrderPlaced:a'], "'a' is not name=type"],
    [['OrderPlaced:a=float'], 'types are string, uuid, int, number, money, bool, time'],
    [['OrderPlaced:type=int'], "'type' is no field's name"],
    [['OrderPlaced:status=string'], "'status' is no field's name"],
    [['OrderPlaced:orderId=int'], "'orderId' is written order_id"],
    [['OrderPlaced:1st=int'], "'1st' is no field's name"],
    [['OrderPlaced', 'OrderPlaced'], 'there are two called OrderPlaced'],
    [['OrderPlaced', 'PlaceOrder/OrderMade'], 'there are two called PlaceOrder'],
    [['A/B/C'], 'one / and one : are expected at most'],
    [['../OrderPlaced'], "'..' is no name"],
  ])('%j are refused', (texts, reason) => {
    expect(() => readEvents(texts)).toThrow(reason)
  })
})

describe('the id', () => {
  const idName = (aggregate: string, texts: readonly string[], named?: string) =>
    spellings.snake(idOf(parseName(aggregate) as Name, readEvents(texts), named).name)

  test('is that of the aggregate, else the first that all share, else the one named', () => {
    expect(idName('order', ['OrderPlaced:a=uuid,order_id=uuid', 'OrderCancelled:order_id=uuid,a=uuid'])).toBe(
      'order_id',
    )
    expect(idName('payment', ['PaymentMade:x=int,order_id=uuid', 'PaymentFailed:order_id=uuid,x=int'])).toBe('order_id')
    expect(idName('payment', ['PaymentMade:a=uuid,b=string'], 'b')).toBe('b')
    expect(idName('order-line', defaultEvents({ words: ['order', 'line'] }))).toBe('order_line_id')
  })

  test('is refused when there is none', () => {
    expect(() => idName('order', ['OrderPlaced:a=uuid', 'OrderCancelled:a=string'])).toThrow('share no field')
    expect(() => idName('order', ['OrderPlaced:a=uuid'], 'b')).toThrow("'b' is no field")
  })
})
