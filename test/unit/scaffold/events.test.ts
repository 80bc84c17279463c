import { describe, expect, test } from 'vitest'
import { defaultEvents, idOf, readEvents } from '../../../src/scaffold/events/events.ts'
import { scaffoldHints } from '../../../src/scaffold/hints.ts'
import { type Name, parseName, spellings } from '../../../src/scaffold/name.ts'
import { ScaffoldRefused } from '../../../src/scaffold/refused.ts'

const refusalOf = (work: () => unknown): ScaffoldRefused => {
  try {
    work()
  } catch (error) {
    if (error instanceof ScaffoldRefused) return error
  }
  return expect.fail('it was not refused')
}

const shown = (texts: readonly string[]) =>
  readEvents(texts).map(({ name, command, fields, failures }) => ({
    event: spellings.pascal(name),
    command: spellings.pascal(command),
    fields: fields.map((field) => `${spellings.snake(field.name)}=${field.type.name}`),
    failures: failures.map((failure) => spellings.pascal(failure.name)),
  }))

describe('events as typed', () => {
  test('events as typed have commands after or before their names, and a failure belongs to the event before it', () => {
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
    // An event with its own command is a decision, not a failure.
    expect(shown(['RejectOrder/OrderRejected'])).toMatchObject([{ command: 'RejectOrder', failures: [] }])
  })

  test.each([
    [['OrderFailed'], 'a failure must follow the event'],
    [['StockShort'], 'the command cannot be derived from the name'],
    [['orderPlaced'], "'orderPlaced' must be written OrderPlaced"],
    [['OrderPlaced:a=uuid,a=int'], 'the field a is declared twice'],
    [['OrderPlaced:a'], "'a' is not name=type"],
    [['OrderPlaced:a=float'], 'types are string, uuid, int, number, money, bool, time'],
    [['OrderPlaced:type=int'], "invalid field name 'type'"],
    [['OrderPlaced:status=string'], "invalid field name 'status'"],
    [['OrderPlaced:orderId=int'], "'orderId' must be written order_id"],
    [['OrderPlaced:1st=int'], "invalid field name '1st'"],
    [['OrderPlaced', 'OrderPlaced'], 'the name OrderPlaced is used twice'],
    [['OrderPlaced', 'PlaceOrder/OrderMade'], 'the name PlaceOrder is used twice'],
    [['A/B/C'], 'at most one / and one : are allowed'],
    [['../OrderPlaced'], "invalid name '..'"],
  ])('the events %j are refused', (texts, reason) => {
    expect(() => readEvents(texts)).toThrow(reason)
  })

  const { declareEvent, nameCommand } = scaffoldHints
  test.each([
    [['OrderFailed:a=uuid'], [declareEvent(), declareEvent('OrderFailed:a=uuid')]],
    [['StockShort:a=uuid'], [nameCommand('StockShort:a=uuid')]],
    [['OrderPlaced:a=float'], [declareEvent()]],
    [['OrderPlaced:a=uuid,a=int'], []],
  ])('%j are refused with typed hints, in words that name no flag', (texts, hints) => {
    const refused = refusalOf(() => readEvents(texts))
    expect(refused.message).toMatch(new RegExp(`^event ${texts[0]}: `))
    expect(refused.hints).toEqual(hints)
    expect(JSON.stringify([refused.message, refused.hints])).not.toContain('--')
  })
})

describe('the id', () => {
  const idName = (aggregate: string, texts: readonly string[], named?: string) =>
    spellings.snake(idOf(parseName(aggregate) as Name, readEvents(texts), named).name)

  test("the id is the field of the aggregate's name, else the first that all events share, else the named one", () => {
    expect(idName('order', ['OrderPlaced:a=uuid,order_id=uuid', 'OrderCancelled:order_id=uuid,a=uuid'])).toBe(
      'order_id',
    )
    expect(idName('payment', ['PaymentMade:x=int,order_id=uuid', 'PaymentFailed:order_id=uuid,x=int'])).toBe('order_id')
    expect(idName('payment', ['PaymentMade:a=uuid,b=string'], 'b')).toBe('b')
    expect(idName('order-line', defaultEvents({ words: ['order', 'line'] }))).toBe('order_line_id')
  })

  test('events without a common id field, or with another than the named one, are refused', () => {
    expect(() => idName('order', ['OrderPlaced:a=uuid', 'OrderCancelled:a=string'])).toThrow('share no field')
    expect(() => idName('order', ['OrderPlaced:a=uuid'], 'b')).toThrow("'b' is not a field")
    expect(refusalOf(() => idName('order', ['OrderPlaced:a=uuid'], 'b')).hints).toEqual([
      scaffoldHints.addIdField('b'),
      scaffoldHints.chooseIdField('a'),
    ])
  })
})
