import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { decodeEnvelope } from '../../src/codecs/envelope.ts'
import NewAggregate from '../../src/commands/new/aggregate.ts'
import NewSaga from '../../src/commands/new/saga.ts'
import NewService from '../../src/commands/new/service.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { schemaCodec } from '../../src/saga/codecs/schema-codec.ts'
import { compileDecoder } from '../../src/schema/bincode/compile-decoder.ts'
import { readSchemaFile } from '../../src/schema/schema-file.ts'
import { type Runnable, runCli } from '../commands/run-cli.ts'
import { hasRustfmt } from '../support/cargo.ts'
import { cargo, composableRust, dependOnCheckout, isRust, unformatted } from '../support/rust.ts'

const templates = new URL('../../templates/', import.meta.url).pathname
const kinds = ['service', 'aggregate', 'saga']
const crateOf = (kind: string) => join(templates, `${kind}-rust/files`)

describe.each(kinds)('the template of a Rust %s as it stands', (kind) => {
  test('is Rust', () => {
    const files = globSync('**/*.rs', { cwd: crateOf(kind) })
    expect(files).not.toEqual([])
    for (const file of files) expect(isRust(readFileSync(join(crateOf(kind), file), 'utf8')), file).toBe(true)
  })

  test.skipIf(!hasRustfmt)('is formatted (needs cargo)', () => {
    expect(unformatted(crateOf(kind))).toBe('')
  })
})

/** Services of every kind: names short and long, every type, with failures and without, alone and in sagas. */
const aggregates = {
  order: [
    'OrderPlaced:order_id=uuid,total=money',
    'OrderRejected:order_id=uuid,reason=string',
    'OrderCancelled:order_id=uuid,reason=string',
  ],
  payment: [
    'PaymentCompleted:payment_id=string,amount=money',
    'PaymentFailed:payment_id=string,reason=string',
    'PaymentRefunded:payment_id=string',
    'PaymentRefundDeclined:payment_id=string,note=string',
  ],
  stock: ['StockReserved:sku=string,quantity=int', 'StockReleased:sku=string'],
  ping: ['PingSent:ping_id=uuid'],
  a: ['AAdded:a_id=string,at=time', 'ADenied:a_id=string,at=time,why=string'],
  'loyalty-account': [
    'LoyaltyAccountOpened:loyalty_account_id=uuid,first_name=string,opened=time,points=int,share=number,is_gold=bool',
    'LoyaltyAccountRefused:loyalty_account_id=uuid,first_name=string,why=string',
    'AddPoints/LoyaltyPointsAdded:loyalty_account_id=uuid,points=number,note=string',
    'LoyaltyPointsDenied:loyalty_account_id=uuid,note=string',
  ],
}
const asField = (source: string) => ['--field', source]
const sagas = {
  checkout: [
    'order-events,payment-events,stock-events',
    ...['CompletePayment.payment_id=order_id', 'CompletePayment.amount=total'].flatMap(asField),
    ...['ReserveStock.sku=order_id', 'ReserveStock.quantity=total'].flatMap(asField),
  ],
  b: ['order-events,ping-events', '--timeout', '1500ms', ...asField('SendPing.ping_id=order_id')],
  'member-welcome': [
    'loyalty-account-events,payment-events,a-events',
    ...['CompletePayment.payment_id=first_name', 'CompletePayment.amount=points'].flatMap(asField),
    ...['AddA.a_id=first_name', 'AddA.at=opened'].flatMap(asField),
  ],
}

describe('a service made of the Rust templates', () => {
  let crate: string

  beforeAll(async () => {
    const above = mkdtempSync(join(tmpdir(), 'crbus-rust-'))
    crate = join(above, 'web-shop')
    const crbus = async (command: Runnable, cwd: string, ...argv: string[]) => {
      const result = await runCli(command, [...argv, '--no-install'], { broker: new MemoryBroker(), cwd })
      expect(result, result.stderr).toMatchObject({ exitCode: 0 })
    }
    await crbus(NewService, above, 'web-shop', '--lang', 'rust')
    for (const [name, events] of Object.entries(aggregates)) {
      await crbus(NewAggregate, crate, name, ...events.flatMap((event) => ['--event', event]))
    }
    for (const [name, [topics = '', ...more]] of Object.entries(sagas)) {
      await crbus(NewSaga, crate, name, '--on', topics, ...more)
    }
    if (composableRust !== undefined) dependOnCheckout(crate, composableRust)
  })

  test('is Rust', () => {
    for (const file of globSync('**/*.rs', { cwd: crate })) {
      expect(isRust(readFileSync(join(crate, file), 'utf8')), file).toBe(true)
    }
  })

  test.skipIf(!hasRustfmt)('is formatted (needs cargo)', () => {
    expect(unformatted(crate)).toBe('')
  })

  // The framework is not on crates.io and takes minutes to compile.
  if (composableRust !== undefined) {
    test('compiles without a warning, with its tests and every feature, and passes them', () => {
      cargo(crate, 'clippy', '--quiet', '--all-targets', '--all-features', '--', '--deny', 'warnings')
      const count = (name: string) => readFileSync(join(crate, name), 'utf8').split(/#\[(?:tokio::)?test\]/).length - 1
      const tests = globSync('**/*.rs', { cwd: crate }).reduce((sum, file) => sum + count(file), 0)
      expect(passed(cargo(crate, 'test'))).toBe(tests)
    }, 3_600_000)

    test('writes events that crbus reads, and writes to the same bytes, by the schemas made with it', () => {
      mkdirSync(join(crate, 'examples'))
      writeFileSync(join(crate, 'examples/bytes.rs'), printing)
      const lines = cargo(crate, 'run', '--quiet', '--example', 'bytes').trim().split('\n')
      expect(lines).toHaveLength(written.length)
      for (const [index, { topic, type, fields }] of written.entries()) {
        const envelope = decodeEnvelope(Buffer.from(lines[index] as string, 'hex'))
        if (!envelope.ok) throw new Error(envelope.reason)
        expect(envelope).toMatchObject({ format: 'bincode-w3', guessed: false })
        const { eventType, data, metadata } = envelope.event
        expect([eventType, metadata?.timestamp]).toEqual([`${type}.v1`, '1970-01-01T00:00:00.000Z'])
        const read = readSchemaFile(readFileSync(join(crate, `schemas/${topic}.json`), 'utf8'))
        if (!read.ok) throw new Error(`${topic}: no schema`)
        expect(compileDecoder(read.schema).decode(data)).toMatchObject({ ok: true, value: { [type]: fields } })
        // As a service in TypeScript has it, with --codec rust.
        const encoded = schemaCodec(read.schema).encode({ type, ...fields })
        expect([encoded.eventType, Buffer.from(encoded.data)]).toEqual([eventType, Buffer.from(data)])
      }
    }, 3_600_000)
  }
})

/** Events, and a program that writes the same. */
const written = [
  {
    topic: 'order-commands',
    type: 'PlaceOrder',
    fields: { order_id: '00000000-0000-0000-0000-000000000007', total: -1250 },
  },
  {
    topic: 'order-events',
    type: 'OrderCancelled',
    fields: { order_id: '00000000-0000-0000-0000-000000000007', reason: 'changed, 🫖' },
  },
  {
    topic: 'loyalty-account-events',
    type: 'LoyaltyAccountOpened',
    fields: {
      loyalty_account_id: 'ffffffff-ffff-ffff-ffff-ffffffffffff',
      first_name: '',
      opened: '2026-01-15T10:00:00.000001Z',
      points: 3,
      share: 0.1,
      is_gold: true,
    },
  },
]
const printing = `use chrono::DateTime;
use composable_rust_core::event::SerializedEvent;
use uuid::Uuid;
use web_shop::aggregates::loyalty_account::LoyaltyAccountAction::LoyaltyAccountOpened;
use web_shop::aggregates::order::OrderAction::{OrderCancelled, PlaceOrder};

fn print(event: SerializedEvent) {
    let bytes = bincode::serialize(&event).unwrap();
    println!("{}", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
}

fn main() {
    let at = DateTime::UNIX_EPOCH;
    let order_id = Uuid::from_u128(7);
    print(PlaceOrder { order_id, total: -1250 }.to_serialized(at).unwrap());
    print(OrderCancelled { order_id, reason: "changed, 🫖".into() }.to_serialized(at).unwrap());
    let opened = LoyaltyAccountOpened {
        loyalty_account_id: Uuid::max(),
        first_name: String::new(),
        opened: DateTime::from_timestamp_micros(1_768_471_200_000_001).unwrap(),
        points: 3,
        share: 0.1,
        is_gold: true,
    };
    print(opened.to_serialized(at).unwrap());
}
`

if (composableRust !== undefined) {
  const checkout = composableRust
  describe('the Rust templates as they stand', () => {
    let copies: string
    beforeAll(() => {
      // What building leaves behind does not belong beside the templates.
      copies = mkdtempSync(join(tmpdir(), 'crbus-rust-templates-'))
      for (const kind of kinds) {
        cpSync(crateOf(kind), join(copies, `${kind}-rust/files`), { recursive: true })
        dependOnCheckout(join(copies, `${kind}-rust/files`), checkout)
      }
    })

    test.each(kinds)(
      '%s compiles without a warning and passes its tests',
      (kind) => {
        const crate = join(copies, `${kind}-rust/files`)
        cargo(crate, 'clippy', '--quiet', '--all-targets', '--', '--deny', 'warnings')
        expect(passed(cargo(crate, 'test'))).toBeGreaterThan(0)
      },
      3_600_000,
    )
  })
}

/** How many tests cargo has passed, over all binaries. */
const passed = (output: string): number =>
  [...output.matchAll(/^test result: ok\. (\d+) passed; 0 failed/gm)].reduce((sum, [, count]) => sum + Number(count), 0)
