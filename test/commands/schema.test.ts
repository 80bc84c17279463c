import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import Publish from '../../src/commands/publish.ts'
import SchemaSample from '../../src/commands/schema/sample.ts'
import SchemaShow from '../../src/commands/schema/show.ts'
import Tail from '../../src/commands/tail.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { compileDecoder } from '../../src/schema/bincode/compile-decoder.ts'
import type { Schema } from '../../src/schema/model.ts'
import { writeSchemaFile } from '../../src/schema/write-schema-file.ts'
import { enumOf, fields, nothing, only, orders, schemaOf, t } from '../unit/schema/support/build.ts'
import { runCli } from './run-cli.ts'

let folder: string
let file: string
const schema: Schema = { ...orders(), events: new Map([['OrderPlaced.v1', 'OrderPlaced'], ...orders().events]) }
const broker = new MemoryBroker()

const fileOf = (name: string, of: Schema): string => {
  const path = join(folder, `${name}.json`)
  writeFileSync(path, writeSchemaFile(of))
  return path
}
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'crbus-schema-'))
  file = fileOf('order-events', schema)
})
afterAll(() => rmSync(folder, { recursive: true }))

const show = (...argv: string[]) => runCli(SchemaShow, ['--schema', file, ...argv], { broker })
const sample = (...argv: string[]) => runCli(SchemaSample, ['--schema', file, ...argv], { broker })

describe('schema show', () => {
  test('prints Rust with the root first, source locations and event types', async () => {
    const { stdout, exitCode } = await show()
    expect(stdout).toContain(`// order-events: the payload is OrderAction, in bincode
//
// [dependencies]
// bincode = "1.3"
// chrono = { version = "0.4", features = ["serde"] }
// serde = { version = "1", features = ["derive"] }

use serde::{Deserialize, Serialize};
use std::collections::HashMap;

// src/order.rs:1
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum OrderAction {
    PlaceOrder { customer_id: String },
    CancelOrder(OrderId, String),
    Ping,
    OrderPlaced { // event OrderPlaced.v1
        order_id: OrderId,
`)
    expect(exitCode).toBe(0)
  })

  test.each([
    ['a type', 'LineItem', '// LineItem of order-events\n'],
    ['an event type', 'seat-audit', '    SeatReserved,\n    Audited, // event seat-audit\n}\n'],
    ['a variant', 'Inventory.SeatReserved', '    SeatReserved { // event SeatReserved.v1\n'],
    ['a variant by its bare name', 'CancelOrder', '    CancelOrder(OrderId, String),\n    // … and 4 more variants\n'],
  ])('accepts %s', async (_, name, text) => {
    expect((await show(name)).stdout).toContain(text)
  })

  test('prints JSON Schema, which is part of the document with --json', async () => {
    const { stdout } = await show('Money', '-o', 'json-schema')
    expect(JSON.parse(stdout)).toMatchObject({ title: 'Money of order-events', $ref: '#/$defs/Money' })
    const json = await show('Money', '-o', 'json-schema', '--json')
    expect(JSON.parse(json.stdout)).toMatchObject({ as: 'json-schema', jsonSchema: JSON.parse(stdout) })
  })

  test('prints TypeScript', async () => {
    const { stdout } = await show('-o', 'ts')
    expect(stdout).toMatch(/^\/\/ .+; written by crbus schema show -o ts\n/)
    expect(stdout).toContain("export interface OrderEvents {\n  'OrderPlaced.v1': OrderPlaced\n")
  })

  test('prints one document with --json', async () => {
    const { stdout } = await show('LineItem', '--json')
    expect(JSON.parse(stdout)).toEqual({
      topic: 'order-events',
      root: 'LineItem',
      types: ['LineItem', 'Money'],
      as: 'rust',
      text: expect.stringContaining('struct LineItem {'),
    })
  })

  test.each([
    ['a misspelled name', () => ['--schema', file, 'OrderPlacd.v1'], 'did you mean OrderPlaced.v1?'],
    ['a project without schemas', () => [], 'crbus schema import PATH'],
    ['a missing file', () => ['--schema', join(folder, 'none.json')], 'none.json does not exist'],
    [
      'a file that is not a schema',
      () => ['--schema', new URL('../../package.json', import.meta.url).pathname],
      'not a schema file',
    ],
  ])('refuses %s', async (_, argv, text) => {
    const { stderr, exitCode } = await runCli(SchemaShow, argv(), { broker })
    expect(stderr).toContain(text)
    expect(exitCode).toBe(2)
  })
})

describe('schema sample', () => {
  test('makes one event of each type, with one correlation id', async () => {
    const { stdout, stderr } = await sample('--seed', '7')
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(events.map(({ event_type }) => event_type)).toEqual(['OrderPlaced.v1', 'SeatReserved.v1', 'seat-audit'])
    expect(new Set(events.map(({ metadata }) => metadata.correlation_id)).size).toBe(1)
    expect(stderr).toBe('')
    const { decode } = compileDecoder(schema)
    for (const { data, data_base64 } of events) {
      expect(decode(Buffer.from(data_base64, 'base64'))).toMatchObject({ ok: true, value: data })
    }
  })

  test('makes the same events with the same seed, in the order of time', async () => {
    const { stdout } = await sample('OrderPlaced.v1', '-n', '20', '--seed', '7')
    expect((await sample('OrderPlaced.v1', '-n', '20', '--seed', '7')).stdout).toBe(stdout)
    expect((await sample('OrderPlaced.v1', '-n', '20', '--seed', '8')).stdout).not.toBe(stdout)
    const times = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).metadata.timestamp)
    expect(times).toHaveLength(20)
    expect(times).toEqual(times.toSorted())
    expect(times.every((time) => time > '2026-11-23T09:59:39' && time <= '2026-11-23T10:00:00.000Z')).toBe(true)
  })

  test('schema sample can be piped into publish, which sends the bytes of the sample', async () => {
    const { stdout } = await sample('-n', '6', '--seed', '7')
    const published = await runCli(Publish, ['order-events'], { broker, stdin: stdout })
    expect(published).toMatchObject({ exitCode: 0, stderr: '' })
    const tailed = await runCli(Tail, ['order-events', '--from', 'start', '--no-follow', '-o', 'json'], { broker })
    const bytesOf = (lines: string) =>
      lines
        .trim()
        .split('\n')
        .map((line) => {
          const { event_type, event_version, metadata, data_base64 } = JSON.parse(line)
          return JSON.stringify({ event_type, event_version, metadata, data_base64 })
        })
    expect(bytesOf(tailed.stdout).toSorted()).toEqual(bytesOf(stdout).toSorted())
  })

  test('prints only the data with --data-only', async () => {
    const { stdout } = await sample('OrderPlaced.v1', '--data-only', '--seed', '7')
    expect(JSON.parse(stdout)).toEqual({
      OrderPlaced: {
        order_id: expect.stringMatching(/^order-/),
        customer_id: expect.stringMatching(/^customer-/),
        items: expect.any(Array),
        total: expect.any(Number),
        timestamp: expect.stringMatching(/^2026-11-23T/),
      },
    })
  })

  test('prints one document with --json', async () => {
    const { stdout } = await sample('-n', '2', '--json')
    expect(JSON.parse(stdout)).toMatchObject({
      events: [{ event_type: 'OrderPlaced.v1' }, { event_type: 'SeatReserved.v1' }],
    })
    const data = await sample('-n', '1', '--json', '--data-only')
    expect(JSON.parse(data.stdout)).toMatchObject({ data: [expect.any(Object)] })
  })

  test('uses variants when the schema has no event types, with a warning', async () => {
    const bare = fileOf('bare', { ...schema, events: new Map() })
    const { stdout, stderr } = await runCli(SchemaSample, ['--schema', bare], { broker })
    expect(stdout).toContain('"event_type":"SeatReserved.v1"')
    expect(stderr).toContain('warning: the schema has no event types')
  })

  test('leaves out event types for which no sample can be made, with a warning', async () => {
    const event = enumOf({ Kept: nothing, Lost: fields({ body: t.known('serde_json::Value') }) })
    const path = fileOf('value', schemaOf('Event', { Event: event }, { 'Kept.v1': 'Kept', 'Lost.v1': 'Lost' }))
    const { stdout, stderr, exitCode } = await runCli(SchemaSample, ['--schema', path], { broker })
    expect(JSON.parse(stdout)).toMatchObject({ event_type: 'Kept.v1' })
    expect(stderr).toContain('no samples of Lost.v1: Lost.body has no sample')
    expect(exitCode).toBe(0)
    const alone = await runCli(SchemaSample, ['Lost.v1', '--schema', path], { broker })
    expect(alone).toMatchObject({ exitCode: 2, stdout: '' })
  })

  test.each([
    ['an event type that follows the name of a variant', 'order_placed.v2', 'order_placed.v2'],
    ['a variant that has an event type', 'Inventory.SeatReserved', 'SeatReserved.v1'],
    ['a variant without an event type', 'Ping', 'Ping.v1'],
  ])('accepts %s', async (_, name, eventType) => {
    expect(JSON.parse((await sample(name)).stdout)).toMatchObject({ event_type: eventType })
  })

  test('makes events whose payload is not an enum', async () => {
    const path = fileOf('only', only(t.of('u8')))
    const { stdout } = await runCli(SchemaSample, ['Counted.v3', '--schema', path], { broker })
    expect(JSON.parse(stdout)).toMatchObject({ event_type: 'Counted.v3', event_version: 3, data: expect.any(Number) })
    expect(await runCli(SchemaSample, ['--schema', path], { broker })).toMatchObject({ exitCode: 2 })
  })

  test('refuses an unknown event type', async () => {
    const { stderr, exitCode } = await sample('SeatReservd.v1')
    expect(stderr).toContain('did you mean SeatReserved.v1?')
    expect(exitCode).toBe(2)
  })

  test('says that a type is not an event, instead of suggesting its own name', async () => {
    const { stderr, exitCode } = await sample(schema.root)
    expect(stderr).toContain(
      `${schema.root} is a type, not an event: name an event type or a variant, such as OrderPlaced.v1`,
    )
    expect(exitCode).toBe(2)
  })
})
