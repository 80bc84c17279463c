import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { serializedEvent } from '../../src/bus/event.ts'
import NewAggregate from '../../src/commands/new/aggregate.ts'
import NewSaga from '../../src/commands/new/saga.ts'
import SchemaImport from '../../src/commands/schema/import.ts'
import { bus, config, createShop, orderFlags, read, run, shop } from './new-shop.ts'

beforeEach(createShop)

describe('an aggregate and a saga with the same name', () => {
  test.each(['ts', 'rust'])(
    'an aggregate and a saga with the same name are refused in either order (%s)',
    async (lang) => {
      const made = ['--lang', lang, '--yes', '--no-install']
      await run(NewAggregate, ['order', ...made])
      await run(NewAggregate, ['payment', ...made])
      await run(NewSaga, ['checkout', '--on', 'order-events,payment-events', ...made])
      if (lang === 'rust') mkdirSync(join(shop, 'src/sagas'), { recursive: true })
      if (lang === 'rust') writeFileSync(join(shop, 'src/sagas/checkout.rs'), '')
      const before = read('crbus.json')

      const saga = await run(NewSaga, ['order', '--on', 'order-events,payment-events', ...made])
      const aggregate = await run(NewAggregate, ['checkout', ...made])

      expect([saga.exitCode, saga.stderr]).toEqual([
        2,
        expect.stringContaining('the name order belongs to the aggregate in src/'),
      ])
      expect([aggregate.exitCode, aggregate.stderr]).toEqual([
        2,
        expect.stringContaining('the name checkout belongs to the saga in src/'),
      ])
      expect(saga.stderr).toContain('  try: crbus new saga order-process --on …\n')
      expect(aggregate.stderr).toContain('  try: crbus new aggregate checkout-record\n')
      expect(read('crbus.json')).toBe(before)
    },
  )
})

describe('new saga', () => {
  test('requires two different topics', async () => {
    await run(NewAggregate, ['order', ...orderFlags])
    const { exitCode, stderr } = await run(NewSaga, ['checkout', '--on', 'order-events,order-events', '--no-install'])
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('name two topics or more')])
  })

  const on = (topics: string) => ['checkout', '--on', topics, '--no-install']

  test('names the topic that only gets undo commands, which another service may own', async () => {
    await run(NewAggregate, ['order', ...orderFlags])
    await run(NewAggregate, ['payment', '--event', 'PaymentMade:order_id=uuid', '--no-install'])
    const made = await run(NewSaga, on('order-events,payment-events'))
    expect(made.exitCode, made.stderr).toBe(0)
    const part = read('src/checkout/part.ts')
    expect(part).toContain("  sends: ['payment-commands'],\n  sendsUndo: ['order-commands'],\n")
    const undone = await run(NewSaga, ['billing', '--on', 'payment-events,order-events', '--no-install'])
    expect(undone.exitCode, undone.stderr).toBe(0)
    expect(read('src/billing/part.ts')).not.toContain('sendsUndo')
  })

  test('reads the events of topics from aggregates, from schemas and from the bus', async () => {
    await run(NewAggregate, ['order', ...orderFlags])
    await run(NewAggregate, [
      'payment',
      '--event',
      'PaymentMade:order_id=uuid,amount=money',
      '--codec',
      'rust',
      '--no-install',
    ])
    await bus.publish('stock-events', serializedEvent('StockReserved.v1', Buffer.from('{"sku":"a","count":2}')))
    const made = await run(NewSaga, [
      ...on('order-events,payment-events,stock-events'),
      '--field',
      'MakePayment.amount=total',
    ])
    expect(made.exitCode, made.stderr).toBe(0)
    const actions = read('src/checkout/actions.ts')
    for (const name of [
      'OrderPlaced',
      'OrderCancelled',
      'PaymentMade',
      'StockReserved',
      'MakePayment',
      'ReserveStock',
    ]) {
      expect(actions).toContain(`export interface ${name} {`)
    }
    expect(read('src/checkout/codec.ts')).toContain("bySchema('schemas/payment-events.json')")
    expect(read('src/checkout/saga.ts')).toContain('order_id: state.facts.order_id,\n      amount: state.facts.total,')
    expect(config().topics).toHaveProperty('checkout-events')
  })

  test.each([
    ['order-events', 'name two topics or more'],
    ['order-events,nowhere-events', 'the events of nowhere-events are unknown'],
  ])('refuses --on %s', async (topics, reason) => {
    await run(NewAggregate, ['order', ...orderFlags])
    const { exitCode, stderr } = await run(NewSaga, on(topics))
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(reason)])
  })
})

describe('a value that crbus new cannot know', () => {
  const payment = ['payment', '--event', 'PaymentMade:order_line_id=uuid,quantity=int,email=string', '--no-install']

  test('an unknown command field is an open question in the code instead of a guess', async () => {
    await run(NewAggregate, ['order', ...orderFlags])
    await run(NewAggregate, payment)
    const { stdout, stderr } = await run(NewSaga, [
      'checkout',
      '--on',
      'order-events,payment-events',
      '--no-install',
      '--json',
    ])
    const saga = read('src/checkout/saga.ts')
    for (const field of ['order_line_id', 'quantity', 'email']) {
      expect(saga).toContain(`${field}: todo('TODO(crbus): which ${field} does MakePayment have?'),`)
    }
    expect(saga).toContain("import { todo } from '../todo.ts'")
    const { questions } = JSON.parse(stdout)
    const line = saga.split('\n').findIndex((text) => text.includes('quantity: todo')) + 1
    expect(questions).toContainEqual({
      path: 'src/checkout/saga.ts',
      line,
      question: 'which quantity does MakePayment have?',
    })
    expect(stderr).toContain('note: 3 questions are open, marked TODO(crbus) in the files:\n')
    expect(stderr).toContain(`  src/checkout/saga.ts:${line} which quantity does MakePayment have?\n`)
  })

  test('an unknown command field is taken from the event field that --field names', async () => {
    await run(NewAggregate, ['order', ...orderFlags])
    await run(NewAggregate, payment)
    const saga = ['checkout', '--on', 'order-events,payment-events', '--no-install']
    const answers = ['order_line_id=order_id', 'quantity=total', 'email=order_id']
    const made = await run(NewSaga, [...saga, ...answers.flatMap((answer) => ['--field', `MakePayment.${answer}`])])
    expect([made.exitCode, made.stderr]).toEqual([0, expect.not.stringContaining('TODO(crbus)')])
    expect(read('src/checkout/saga.ts')).toContain('quantity: state.facts.total,\n      email: state.facts.order_id,')
    expect(existsSync(join(shop, 'src/todo.ts'))).toBe(false)
  })

  test.each([
    ['MakePayment.amount=total', 'no command of this saga has the field MakePayment.amount'],
    ['MakePayment.amount=total', '  try: --field MakePayment.order_line_id=…\n  try: --field MakePayment.quantity=…\n'],
    ['MakePayment.quantity=order_id', "no earlier event has a field 'order_id' of the same type"],
    ['MakePayment.quantity=order_id', '  try: --field MakePayment.quantity=total\n'],
    ['quantity', '--field quantity is not name=value'],
  ])('new saga refuses --field %s', async (field, reason) => {
    await run(NewAggregate, ['order', ...orderFlags])
    await run(NewAggregate, payment)
    const { exitCode, stderr } = await run(NewSaga, ['c', '--on', 'order-events,payment-events', '--field', field])
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(reason)])
  })

  test('an unknown rule of an aggregate is the strictest rule with a question beside it', async () => {
    const events = ['OrderPlaced:order_id=uuid', 'OrderShipped:order_id=uuid', 'OrderCancelled:order_id=uuid']
    const flags = events.flatMap((event) => ['--event', event])
    const { stderr } = await run(NewAggregate, ['order', ...flags, '--no-install'])
    const rules = read('src/order/rules.ts')
    expect(rules).toContain("  ShipOrder: ['OrderPlaced'],\n")
    expect(rules).toContain("  CancelOrder: ['OrderPlaced', 'OrderShipped'],\n")
    expect(stderr).toMatch(/src\/order\/rules.ts:\d+ ShipOrder applies only after OrderPlaced; is that/)
  })

  test('new aggregate leaves no question if the event names decide everything', async () => {
    const { stderr } = await run(NewAggregate, ['order', ...orderFlags])
    expect(stderr).not.toContain('TODO(crbus)')
  })
})

describe('a saga over Rust enums that mark neither commands nor events', () => {
  const bookings = `
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub enum SeatAction { HoldSeat { booking_id: String }, SeatHeld { booking_id: String }, SeatsExhausted { booking_id: String } }

#[derive(Serialize, Deserialize)]
pub enum TicketAction {
    ProcessTicket { booking_id: String },
    TicketIssued { booking_id: String },
    TicketFailed { booking_id: String, reason: String },
    CancelTicket { booking_id: String },
    TicketCancelled { booking_id: String },
    PrinterOffline { booking_id: String },
}
`
  const importAll = async () => {
    writeFileSync(join(shop, 'bookings.rs'), bookings)
    for (const [root, topic] of [
      ['SeatAction', 'seat-events'],
      ['TicketAction', 'ticket-events'],
    ] as const) {
      const imported = await run(SchemaImport, ['bookings.rs', '--root', root, '--topic', topic])
      expect(imported.exitCode, imported.stderr).toBe(0)
    }
  }
  const saga = ['booking', '--on', 'ticket-events,seat-events', '--no-install']

  test('requires --as for a variant whose name does not show its role', async () => {
    await importAll()
    const { exitCode, stderr } = await run(NewSaga, saga)
    expect([exitCode, stderr]).toEqual([
      2,
      expect.stringContaining(
        'schemas/ticket-events.json does not say whether PrinterOffline is a command or an event',
      ),
    ])
    expect(stderr).toContain('--as PrinterOffline=failure')
    const unknown = await run(NewSaga, [...saga, '--as', 'PrinterOffline=query'])
    expect([unknown.exitCode, unknown.stderr]).toEqual([2, expect.stringContaining("'query' is not one of command")])
  })

  test('tells commands from events by their names and by --as', async () => {
    await importAll()
    const roles = ['PrinterOffline=failure', 'HoldSeat=command', 'SeatHeld=event', 'SeatsExhausted=failure']
    const made = await run(NewSaga, [...saga, ...roles.flatMap((role) => ['--as', role])])
    expect(made.exitCode, made.stderr).toBe(0)
    const actions = read('src/booking/actions.ts')
    const heard = actions.slice(0, actions.indexOf('// What it says'))
    expect(heard).toContain('interface PrinterOffline {')
    expect(heard).not.toContain('interface ProcessTicket {')
    expect(actions).toContain('interface HoldSeat {')
    expect(actions).toContain('interface CancelTicket {')
    expect(read('src/booking/saga.ts')).toContain("type: 'HoldSeat',\n      booking_id: state.facts.booking_id,")
  })
})
