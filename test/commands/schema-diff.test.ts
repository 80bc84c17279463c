import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import SchemaDiff from '../../src/commands/schema/diff.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { planSchemaImport, type SchemaImportPlan } from '../../src/operations/schemas/import.ts'
import { writeSchemaFile } from '../../src/schema/write-schema-file.ts'
import { enumOf, fields, schemaOf, t } from '../unit/schema/support/build.ts'
import { runCli } from './run-cli.ts'

const cargo = '[package]\nname = "orders"\n'
const money = 'use serde::*;\n#[derive(Serialize, Deserialize)]\npub struct Money(pub i64);\n'
const rust = (variants: string) => `mod money;
use serde::*;
use money::Money;
#[derive(Serialize, Deserialize)]
pub enum OrderEvent { ${variants} }
`
const placed = 'OrderPlaced { order_id: String, total: Money }'
const shipped = 'OrderShipped { order_id: String }'
const cancelled = 'OrderCancelled { order_id: String }'

describe('schema diff', () => {
  let folder: string
  const put = (path: string, text: string) => {
    mkdirSync(join(folder, dirname(path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const git = (...args: string[]) => {
    const identity = ['-c', 'user.name=t', '-c', 'user.email=t@example.com']
    const { status, stderr } = spawnSync('git', [...identity, ...args], { cwd: folder, encoding: 'utf8' })
    if (status !== 0) throw new Error(stderr)
  }
  const diff = (...argv: string[]) => runCli(SchemaDiff, argv, { broker: new MemoryBroker(), cwd: folder })

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'crbus-diff-'))
    put('orders/Cargo.toml', cargo)
    put('orders/src/money.rs', money)
    put('orders/src/lib.rs', rust([placed, shipped, cancelled].join(', ')))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  /** The payload types of the Rust above, as a schema file has them. */
  const file = (...order: string[]) => {
    const held = { OrderPlaced: { order_id: t.of('String'), total: t.of('i64') } } as Record<string, object>
    const variants = order.map((name) => [name, fields({ order_id: t.of('String'), ...held[name] })] as const)
    return writeSchemaFile(schemaOf('OrderEvent', { OrderEvent: enumOf(Object.fromEntries(variants)) }))
  }

  test('exits with 10 for a reordered enum, and says what old bytes decode as', async () => {
    put('old.json', file('OrderPlaced', 'OrderShipped', 'OrderCancelled'))
    put('new.json', file('OrderPlaced', 'OrderCancelled', 'OrderShipped'))
    const { stdout, stderr, exitCode } = await diff('old.json', 'new.json')
    expect(stdout).toBe(`SILENT  OrderEvent
        the variants were reordered, which changes their numbers in the bytes: old bytes of OrderShipped decode as OrderCancelled, bytes of OrderCancelled decode as OrderShipped
        in OrderShipped, OrderCancelled
        600 of 600 random values are read as other values without an error, for example {"OrderShipped":{"order_id":"Grüße"}} as {"OrderCancelled":{"order_id":"Grüße"}}
        → restore the old order of the variants; add new variants only at the end

1 change: 1 decodes old bytes to something else without an error
`)
    expect(stderr).toBe('')
    expect(exitCode).toBe(10)
  })

  test('says how many random values are read wrongly, and how many leave bytes over', async () => {
    const reading = (kind: string, high: string) => {
      const held = fields({ kind: t.of(kind), low: t.of('u8'), high: t.of(high) })
      return writeSchemaFile(schemaOf('Reading', { Reading: { kind: 'struct', at: '', fields: held } }))
    }
    put('old.json', reading('u16', 'u8'))
    put('new.json', reading('u8', 'u16'))
    const wrong = await diff('old.json', 'new.json')
    expect(wrong.stdout).toMatch(/^SILENT {2}Reading\.kind\n/)
    expect(wrong.stdout).toMatch(
      /\n {8}295 of 300 random values are read as other values without an error, for example \{"kind":\d+,"low":\d+,"high":\d+\} as \{"kind":\d+,"low":\d+,"high":\d+\}\n/,
    )
    expect(wrong.stdout).toMatch(/\n2 changes: 2 decode old bytes to something else without an error\n$/)
    put('old.json', reading('u16', 'u64'))
    put('new.json', reading('u16', 'u32'))
    const longer = await diff('old.json', 'new.json')
    expect(longer.stdout).toMatch(
      /^BREAKS {2}Reading\.high\n.*\n {8}300 of 300 random values leave bytes over at the end: strict readers refuse them, and bincode::deserialize reads them without an error, for example /,
    )
    expect(longer.stdout).toMatch(/\n1 change: 1 fails on some old bytes \(1 not noticed by bincode::deserialize\)\n$/)
    expect(longer.exitCode).toBe(10)
  })

  test('reads Rust source, and finds a variant added at the end safe', async () => {
    put('old.json', file('OrderPlaced', 'OrderShipped'))
    const { stdout, exitCode } = await diff('old.json', 'orders')
    expect(stdout).toContain(
      'safe    OrderEvent.OrderCancelled\n        the variant OrderCancelled was added at the end',
    )
    expect(stdout).toContain('services with the old types fail on new events')
    expect(stdout).toMatch(/\n2 changes: 2 are safe\n$/)
    expect(exitCode).toBe(0)
  })

  test('reads source and schema files at a git revision', async () => {
    put('schemas/order-events.json', file('OrderPlaced', 'OrderShipped', 'OrderCancelled'))
    git('init', '-q')
    git('add', '-A')
    git('commit', '-qm', 'one')
    put('schemas/order-events.json', file('OrderCancelled', 'OrderPlaced', 'OrderShipped'))
    put('orders/src/money.rs', money.replace('i64', 'u64'))
    const files = await diff('HEAD:schemas/order-events.json', 'schemas/order-events.json')
    expect(files.stdout).toMatch(/^SILENT {2}OrderEvent\n/)
    const crates = await diff('HEAD:orders', 'orders', '--root', 'OrderEvent')
    expect(crates.stdout).toMatch(/^SILENT {2}Money\n {8}the type changed from i64 to u64/)
    expect(crates.exitCode).toBe(10)
    expect(await diff('HEAD:./orders/src/lib.rs', 'orders')).toMatchObject({ exitCode: 10 })
    expect(await diff('HEAD:orders', 'HEAD:orders')).toMatchObject({
      stdout: 'no changes: old bytes decode to the same values\n',
      exitCode: 0,
    })
  })

  test('reuses the answers in a schema file for Rust source', async () => {
    const unsettled = rust('OrderPlaced { order_id: String, carrier: somewhere::Carrier }')
    put('orders/src/lib.rs', unsettled)
    const { text } = planSchemaImport({
      ...{ paths: ['orders'], cwd: folder, root: 'OrderEvent' },
      answers: { map: new Map([['somewhere::Carrier', 'String']]), assume: new Map() },
    }) as SchemaImportPlan
    git('init', '-q')
    git('add', '-A')
    git('commit', '-qm', 'one')
    put('orders/src/lib.rs', unsettled.replace('order_id', 'id'))
    expect(await diff('HEAD:orders', 'orders', '--root', 'OrderEvent')).toMatchObject({ exitCode: 2 })

    put('elsewhere.json', text)
    expect(await diff('elsewhere.json', 'orders')).toMatchObject({ exitCode: 0 })
    put('schemas/order-events.json', text)
    expect(await diff('HEAD:orders', 'orders', '--root', 'OrderEvent')).toMatchObject({ exitCode: 0 })
  })

  test('writes one document with --json, with a code, the fields and the texts of each change', async () => {
    put('old.json', file('OrderPlaced', 'OrderShipped', 'OrderCancelled'))
    const { stdout, exitCode } = await diff('old.json', 'orders', '--json')
    expect(JSON.parse(stdout)).toEqual({
      old: 'old.json',
      new: 'orders',
      changes: [
        {
          code: 'type-changed',
          kind: 'safe',
          where: 'OrderEvent.OrderPlaced.total',
          before: 'i64',
          after: 'Money',
          reason: 'same-bytes',
          eventTypes: ['OrderPlaced'],
          oldReaders: 'safe',
          leftoverBytes: false,
          isRegrouped: false,
          sampled: { count: 300, unchanged: 300, other: 0, leftover: 0, failed: 0 },
          message: 'the type changed from i64 to Money, with the same bytes',
          advice: 'nothing to do',
        },
      ],
      changeCounts: { silent: 0, breaks: 0, safe: 1 },
    })
    expect(exitCode).toBe(0)
  })

  test.each([
    ['a missing file', ['nope.json', 'orders'], 'there is no such file or folder'],
    ['an unknown revision', ['main~99:orders', 'orders'], 'main~99:orders: '],
    ['a file that is not a schema', ['broken.json', 'orders'], 'broken.json is not a schema file\n'],
    ['source that leaves a type open', ['odd', 'orders'], '--map'],
    [
      'source that leaves a type open under an answer',
      ['odd', 'orders'],
      'the source of crate lab is not among the paths (if feature:beta is on)',
    ],
  ])('exits with 2 for %s', async (_, argv, told) => {
    put('broken.json', '{}')
    put('odd/Cargo.toml', cargo)
    put(
      'odd/src/lib.rs',
      `use serde::*; use other::Odd;\n#[derive(Serialize)] pub enum OrderEvent { OrderPlaced(Odd), #[cfg(feature = "beta")] Held(lab::Hold) }`,
    )
    const { stderr, stdout, exitCode } = await diff(...argv)
    expect(stderr).toContain(told)
    expect(stdout).toBe('')
    expect(exitCode).toBe(2)
  })
})
