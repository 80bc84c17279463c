import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import NewAggregate from '../../src/commands/new/aggregate.ts'
import NewSaga from '../../src/commands/new/saga.ts'
import NewService from '../../src/commands/new/service.ts'
import Publish from '../../src/commands/publish.ts'
import SchemaImport from '../../src/commands/schema/import.ts'
import Tail from '../../src/commands/tail.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { isRust } from '../support/rust.ts'
import { type Runnable, runCli } from './run-cli.ts'

const orders = ['OrderPlaced:order_id=uuid,total=money', 'OrderRejected:order_id=uuid,reason=string']

let broker: MemoryBroker
let cwd: string
beforeEach(async () => {
  broker = new MemoryBroker()
  const above = mkdtempSync(join(tmpdir(), 'crbus-rust-'))
  cwd = above
  await crbus(NewService, 'shop', '--lang', 'rust', '--no-install')
  cwd = join(above, 'shop')
})

async function crbus(command: Runnable, ...argv: string[]) {
  const result = await runCli(command, argv, { broker, cwd })
  expect(result, result.stderr).toMatchObject({ exitCode: 0 })
  return result
}

const aggregate = (name: string, ...argv: string[]) => {
  const isEvent = (arg: string) => arg.includes(':')
  return crbus(NewAggregate, name, '--no-install', ...argv.flatMap((arg) => (isEvent(arg) ? ['--event', arg] : [arg])))
}
const text = (path: string) => readFileSync(join(cwd, path), 'utf8')

describe('a service in Rust', () => {
  test('a service in Rust gets Rust files for aggregates and sagas', async () => {
    await aggregate('order', ...orders, 'OrderCancelled:order_id=uuid,reason=string')
    await aggregate('parcel', 'ParcelSent:parcel_id=string,at=time,weight=number,fragile=bool,pieces=int')
    await crbus(NewSaga, 'delivery', '--on', 'order-events,parcel-events', '--no-install')
    const files = globSync('**/*.rs', { cwd })
    expect(files.sort()).toEqual([
      'src/aggregates/mod.rs',
      'src/aggregates/order.rs',
      'src/aggregates/order/tests.rs',
      'src/aggregates/parcel.rs',
      'src/aggregates/parcel/tests.rs',
      'src/dead_letters.rs',
      'src/lib.rs',
      'src/main.rs',
      'src/sagas/delivery.rs',
      'src/sagas/delivery/tests.rs',
      'src/sagas/mod.rs',
      'src/service.rs',
      'tests/service.rs',
    ])
    for (const file of files) {
      expect(isRust(text(file)), file).toBe(true)
      expect(text(file), file).not.toMatch(/crbus:|order.?line|checkout.?flow|card.?payment|sample.?shop/i)
    }
    expect(text('src/aggregates/mod.rs')).toContain('\npub mod order;\npub mod parcel;\n')
    const parts = ['aggregates::order', 'aggregates::parcel', 'sagas::delivery']
    const spawned = parts.map((part) => `    parts.spawn(${part}::run(service.clone()));\n`)
    expect(text('src/lib.rs')).toContain(spawned.join(''))
  })

  test('a service in Rust does not change when the same aggregate is added again', async () => {
    await aggregate('order', ...orders)
    const { stdout } = await aggregate('order', ...orders)
    expect(stdout).not.toMatch(/ (?:create|edit|changed)$/m)
  })

  test('a service in Rust has a Rust type for each type of event field', async () => {
    await aggregate('ping', 'PingSent:ping_id=uuid')
    expect(text('src/aggregates/ping.rs')).toContain(
      '    #[command]\n    SendPing {\n        ping_id: Uuid,\n    },\n    #[event]\n    PingSent {\n        ping_id: Uuid,\n    },\n',
    )
    await aggregate('stock', 'StockCounted:sku=string,count=int,share=number,seen=time,is_low=bool')
    const fields = ['sku: String', 'count: i64', 'share: f64', 'seen: DateTime<Utc>', 'is_low: bool']
    expect(text('src/aggregates/stock.rs')).toContain(
      `    StockCounted {\n${fields.map((field) => `        ${field},\n`).join('')}    },\n`,
    )
  })

  test('a service in Rust has source from which schema import reads the same types as in its scaffolded schemas', async () => {
    await aggregate('order', ...orders, 'OrderCancelled:order_id=uuid,reason=string')
    const scaffolded = JSON.parse(text('schemas/order-events.json'))
    await crbus(SchemaImport, '.', '--root', 'OrderAction', '--topic', 'order-events')
    const imported = JSON.parse(text('schemas/order-events.json'))
    const variants = scaffolded.types.OrderAction.enum
    expect(imported.events).toEqual(scaffolded.events)
    expect(imported.types.OrderAction.enum.slice(0, variants.length)).toEqual(variants)
    // The other variants are actions that an order sends to itself.
    const own = imported.types.OrderAction.enum.slice(variants.length).flatMap(Object.keys)
    expect(own).toEqual(['Persisted', 'NotPersisted', 'Settled', 'Refused'])
  })

  test('a service in Rust declares one partition for its commands, since the Rust bus keys them by type', async () => {
    await aggregate('order', ...orders, '--partitions', '6')
    const { topics } = JSON.parse(text('crbus.json'))
    expect(topics['order-events']).toMatchObject({ partitions: 6 })
    expect(topics['order-commands']).toMatchObject({ partitions: 1, key: 'aggregate', id: 'order_id' })
  })

  test('a service in Rust has the same schema as the same aggregate in TypeScript with --codec rust', async () => {
    const events = ['OrderPlaced:total=money,order_id=uuid', 'OrderRejected:reason=string,order_id=uuid']
    await aggregate('order', ...events)
    const rust = text('schemas/order-events.json')
    cwd = join(cwd, '..')
    await crbus(NewService, 'shop-ts', '--lang', 'ts', '--no-install')
    cwd = join(cwd, 'shop-ts')
    await aggregate('order', ...events, '--codec', 'rust')
    expect(text('schemas/order-events.json')).toBe(rust)
  })

  test('a service in Rust has commands and events that crbus publishes and decodes', async () => {
    await aggregate('order', ...orders)
    const data = { order_id: '6ba7b810-9dad-11d1-80b4-00c04fd430c8', total: 1250 }
    // Bincode 1.3: variant, length of the id, id, total.
    const rest = '10000000000000006ba7b8109dad11d180b400c04fd430c8e204000000000000'
    for (const [topic, type, variant] of [
      ['order-commands', 'PlaceOrder', '00000000'],
      ['order-events', 'OrderPlaced', '01000000'],
    ] as const) {
      await crbus(Publish, topic, '--type', `${type}.v1`, '--data', JSON.stringify(data))
      const { stdout } = await crbus(Tail, topic, '-e', '-o', '%v{hex} %v')
      expect(stdout).toBe(`${variant}${rest} ${JSON.stringify({ [type]: data })}\n`)
    }
  })
})

describe('a saga in Rust', () => {
  test('a saga in Rust fills command fields from earlier events, and leaves unknown ones open', async () => {
    await aggregate('order', ...orders, 'OrderCancelled:order_id=uuid,reason=string')
    await aggregate(
      'payment',
      'PaymentCompleted:payment_id=string,amount=money,at=time',
      'PaymentFailed:payment_id=string',
    )
    const sources = ['CompletePayment.payment_id=order_id', 'CompletePayment.amount=total']
    await crbus(
      NewSaga,
      'checkout',
      ...['--on', 'order-events,payment-events', '--timeout', '1500ms', '--no-install'],
      ...sources.flatMap((source) => ['--field', source]),
    )
    const saga = text('src/sagas/checkout.rs')
    expect(saga).toContain('pub const TIMEOUT: Duration = Duration::from_millis(1500);')
    expect(saga).toContain('payment_id: self.facts.order_id.to_string(),\n')
    expect(saga).toContain('amount: self.facts.total,\n')
    // No earlier event has a field for `at`.
    expect(saga).toContain('at: compile_error!("TODO(crbus): which at does CompletePayment have?"),\n')
    expect(saga).toContain('order_id: self.facts.order_id,\n                reason: self.reason.clone(),\n')
  })

  test('a saga in Rust prints which types it uses that do not exist', async () => {
    await aggregate('order', ...orders)
    await aggregate('payment', 'PaymentCompleted:payment_id=string,amount=money', 'PaymentRefunded:payment_id=string')
    rmSync(join(cwd, 'src/aggregates/payment.rs'))
    const { stderr } = await crbus(NewSaga, 'checkout', '--on', 'order-events,payment-events', '--no-install')
    expect(stderr).toContain('PaymentAction in src/aggregates/payment.rs, which does not exist')
    expect(stderr).not.toContain('OrderAction in')
    expect(stderr).toContain('crbus schema import . --root CheckoutAction --topic checkout-events')
  })
})
