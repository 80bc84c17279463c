import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { commandOf } from '../../../src/scaffold/events/command-name.ts'
import { type Name, parseName, type Spelling, spellings, whyNoName } from '../../../src/scaffold/name.ts'
import { renamer } from '../../../src/scaffold/template/rename.ts'

const name = (text: string) => parseName(text) as Name
const rename = (from: string, to: string) => renamer([{ kind: 'name', from: name(from), to: name(to) }])

describe('names', () => {
  test.each([
    ['order-line', ['order', 'line']],
    ['orderLine', ['order', 'line']],
    ['OrderLine', ['order', 'line']],
    ['ORDER_LINE', ['order', 'line']],
    ['order_line', ['order', 'line']],
    ['HTTPServer2', ['http', 'server2']],
    ['v2', ['v2']],
  ])('the name %s is parsed into words', (text, words) => {
    expect(parseName(text)?.words).toEqual(words)
  })

  test.each([
    ['', 'empty'],
    ['../x', 'no words'],
    ['a/b', 'no words'],
    ['a b', 'no words'],
    ['2nd-order', 'no words'],
    ['order--line', 'no words'],
    ['Order-Line', 'no words'],
    ['örder', 'no words'],
    ['class', 'TypeScript or Rust'],
    ['async', 'TypeScript or Rust'],
    ['impl', 'TypeScript or Rust'],
    ['Self', 'TypeScript or Rust'],
    ['nul', 'device'],
    ['com1', 'device'],
    [`a${'b'.repeat(64)}`, 'longer'],
  ])('%j is rejected as a name', (text) => {
    expect(whyNoName(text)).toBeTypeOf('string')
  })

  test.each(['types', 'async-job', 'classes', 'com10', 'null-check', 'order'])(
    '%s is accepted as a name, though it resembles a reserved one',
    (text) => {
      expect(whyNoName(text)).toBeUndefined()
    },
  )
})

describe('renaming', () => {
  test('a renamer changes every spelling, alone and in longer words, and no similar word', () => {
    const text =
      'order-line-events order_line_id orderLineId placeOrderLine ORDER_LINE_EVENTS OrderLinePlaced “Order line” an order line; orderlines border-line orderLinear OrderLines'
    expect(rename('order-line', 'stock-item')(text)).toBe(
      'stock-item-events stock_item_id stockItemId placeStockItem STOCK_ITEM_EVENTS StockItemPlaced “Stock item” an stock item; orderlines border-line orderLinear OrderLines',
    )
    expect(rename('order-line', 'order')('order_line_id ORDER_LINE orderLine OrderLine')).toBe(
      'order_id ORDER order Order',
    )
    expect(rename('reason', 'tracking-number')('reason: action.reason')).toBe('tracking_number: action.tracking_number')
  })

  test('a renamer replaces the longest word first, and no word that another replacement made', () => {
    const swaps = [
      { kind: 'name', from: name('order-line'), to: name('card-payment') },
      { kind: 'name', from: name('OrderLinePlaced'), to: name('PaymentMade') },
      { kind: 'name', from: name('card-payment'), to: name('order-line') },
      { kind: 'text', from: 'number', to: 'string' },
    ] as const
    expect(renamer(swaps)('OrderLinePlaced OrderLineState cardPayment numbers: number')).toBe(
      'PaymentMade CardPaymentState orderLine numbers: string',
    )
  })

  const word = fc.stringMatching(/^[a-z][a-z0-9]{0,6}$/)
  const twoWords = fc.array(word, { minLength: 2, maxLength: 4 }).map((words): Name => ({ words }))
  // The word behind a name is longer than any in a name. A shorter one can spell the new name together with it: `a a x a a`
  // under `x x` is `x x x x x`, in which nothing tells which pair it was.
  const filler = fc.constantFrom(' ', ' otherwise', '-events', '_id', '(', ' Q_', '\n', '.', ' 7')

  test('renaming there and back returns the original text', () => {
    const spelled = fc.constantFrom(...(Object.keys(spellings) as Spelling[]))
    fc.assert(
      fc.property(twoWords, twoWords, fc.array(fc.tuple(spelled, filler), { maxLength: 12 }), (from, to, pieces) => {
        const text = pieces.map(([spelling, after]) => ` ${spellings[spelling](from)}${after}`).join('')
        const isIn = (spelling: Spelling) => text.includes(spellings[spelling](to))
        fc.pre(!(Object.keys(spellings) as Spelling[]).some(isIn))
        const there = renamer([{ kind: 'name', from, to }])(text)
        expect(renamer([{ kind: 'name', from: to, to: from }])(there)).toBe(text)
        if (pieces.length > 0) expect(there).not.toBe(text)
      }),
      { numRuns: 1000 },
    )
  })
})

test.each([
  ['OrderPlaced', 'PlaceOrder'],
  ['PaymentCompleted', 'CompletePayment'],
  ['StockReserved', 'ReserveStock'],
  ['OrderShipped', 'ShipOrder'],
  ['OrderCancelled', 'CancelOrder'],
  ['InvoicePaid', 'PayInvoice'],
  ['ParcelDelivered', 'DeliverParcel'],
  ['AccountVerified', 'VerifyAccount'],
  ['CardAdded', 'AddCard'],
  ['OrderFulfilled', 'FulfilOrder'],
  ['FundsTransferred', 'TransferFunds'],
  ['SeatAssigned', 'AssignSeat'],
  ['TicketIssued', 'IssueTicket'],
  ['UserInvited', 'InviteUser'],
  ['PageVisited', 'VisitPage'],
  ['PriceSet', 'SetPrice'],
])('the event %s gets the command %s', (event, command) => {
  expect(spellings.pascal(commandOf(name(event)) as Name)).toBe(command)
})

test.each(['StockShort', 'Placed', 'OrderRed'])('the event %s gets no command', (event) => {
  expect(commandOf(name(event))).toBeUndefined()
})
