import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { compileDecoder } from '../../../src/schema/bincode/compile-decoder.ts'
import { compileEncoder } from '../../../src/schema/bincode/compile-encoder.ts'
import type { Schema } from '../../../src/schema/model.ts'
import { selectTypes } from '../../../src/schema/show/select-types.ts'
import { showTypeScript } from '../../../src/schema/show/typescript.ts'
import { enumOf, fields, items, nothing, only, orders, schemaOf, struct, t } from './support/build.ts'
import { listOf, seededRandom } from './support/random.ts'
import { randomTypes } from './support/random-types.ts'
import { randomValue } from './support/random-values.ts'

const shown = (schema: Schema, name?: string): string => {
  const selected = selectTypes(schema, name)
  if (!selected.ok) throw new Error(selected.reason)
  return showTypeScript(selected.selection, 'the tests')
}

/** The errors that tsc reports for files in memory. */
function tscErrors(files: Readonly<Record<string, string>>): string[] {
  const options: ts.CompilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    allowImportingTsExtensions: true,
    types: [],
  }
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists, readFile } = host
  const folder = `${host.getCurrentDirectory()}/`
  const own = (name: string) => (name.startsWith(folder) ? files[name.slice(folder.length)] : undefined)
  host.fileExists = (name) => own(name) !== undefined || fileExists(name)
  host.readFile = (name) => own(name) ?? readFile(name)
  host.getSourceFile = (name, ...rest) => {
    const text = own(name)
    return text === undefined
      ? getSourceFile(name, ...rest)
      : ts.createSourceFile(name, text, ts.ScriptTarget.ES2022, true)
  }
  const program = ts.createProgram(
    Object.keys(files).map((name) => folder + name),
    options,
    host,
  )
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const line = file?.text.slice(0, start).split('\n').length ?? 1
    return `${file?.fileName.slice(folder.length)}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}: ${file?.text.split('\n')[line - 1]}`
  })
}

// Compiles TypeScript.
test('the TypeScript of random types compiles and accepts their decoded values as literals', {
  timeout: 60_000,
}, () => {
  const files = Object.fromEntries(
    listOf(3, (seed) => {
      const random = seededRandom(seed)
      const { schema, roots } = randomTypes(random, 100)
      return roots.flatMap(({ name }, index): [string, string][] => {
        const own = { ...schema, root: name }
        const { decodeToJson } = compileDecoder(own)
        const { encode } = compileEncoder(own)
        const text = shown(own)
        const root = /^\/\/ .*: the payload is (.+); written/.exec(text)?.[1]
        const values = listOf(10, (number) => {
          const encoded = encode(randomValue(own, { kind: 'named', name }, random))
          if (!encoded.ok) return expect.fail(`${name}: ${encoded.reason}`)
          const decoded = decodeToJson(encoded.bytes)
          if (!decoded.ok) return expect.fail(name)
          // In a literal for an index signature, tsc takes this key for the inherited constructor.
          if (/"constructor":[[{]/.test(decoded.json)) return ''
          return `export const value${number}: ${root} = ${decoded.json}\n`
        })
        return [[`random-${seed}-${index}.ts`, `${text}\n${values.join('')}`]]
      })
    }).flat(),
  )
  expect(Object.keys(files).length).toBeGreaterThan(250)
  expect(tscErrors(files).map((text) => text.slice(0, 500))).toEqual([])
})

describe('showTypeScript', () => {
  const schema = { ...orders(), events: new Map([['OrderPlaced.v1', 'OrderPlaced'], ...orders().events]) }

  test('writes the types of an event with Rust types as comments', () => {
    expect(shown(schema, 'OrderPlaced.v1')).toBe(`// order-events: the payload is OrderAction; written by the tests

/** src/order.rs:1 */
export type OrderAction = { OrderPlaced: OrderPlaced }

/** src/order.rs:1 */
export interface OrderPlaced {
  order_id: OrderId
  customer_id: string
  items: LineItem[]
  total: Money
  timestamp: string // DateTime<Utc>
}

/** src/order.rs:1 */
export type OrderId = string

/** src/order.rs:1 */
export interface LineItem {
  product_id: string
  name: string
  quantity: number // u32
  unit_price: Money
}

/** src/order.rs:1 */
export type Money = number | string // i64

/** The contents of the variant of each event type. */
export interface OrderEvents {
  'OrderPlaced.v1': OrderPlaced
}
`)
  })

  // Compiles TypeScript.
  test('writes types that find a mistake in a service', { timeout: 60_000 }, () => {
    const service = (body: string) =>
      tscErrors({
        'order-events.ts': shown(schema),
        'service.ts': `import type { OrderAction, OrderEvents } from './order-events.ts'\n${body}\n`,
      })
    expect(
      service(`
const data: OrderEvents['SeatReserved.v1'] = { seat: '24C', note: null }
const action: OrderAction = { Inventory: { SeatReserved: data } }
export const seat = (of: OrderAction): string | undefined =>
  typeof of === 'object' && 'CancelOrder' in of ? of.CancelOrder[1] : JSON.stringify(action)
const nothing: OrderEvents['seat-audit'] = null
export const ping: OrderAction = nothing ?? 'Ping'`),
    ).toEqual([])
    expect(
      service(`export const action: OrderAction = { Inventory: { SeatReserved: { seat: 24, note: null } } }`)[0],
    ).toContain(`Type 'number' is not assignable to type 'string'`)
  })

  // Compiles TypeScript.
  test('gives distinct TypeScript names to similar Rust names', { timeout: 60_000 }, () => {
    const text = shown(
      schemaOf(
        'Event',
        {
          Event: enumOf({ Status: fields({ 'odd name': t.of('u8'), it: t.named('orders::Status') }), Page: nothing }),
          'orders::Status': struct(items(t.named('Page<u8>'), t.named('PageU8'))),
          'Page<u8>': struct(fields({})),
          PageU8: struct(nothing),
          string: struct(items(t.of('bool'))),
        },
        { "it's": 'Status', 'Status.v1': 'Status' },
      ),
    )
    expect(text).toContain('export type PageU8 = { [name: string]: never }')
    expect(text).toContain('export type PageU82 = null')
    expect(text).toContain('export type OrdersStatus = [PageU8, PageU82]')
    expect(text).toContain(`  'it\\'s': Status\n  'Status.v1': Status`)
    expect(text).toContain(`  'odd name': number // u8`)
    expect(tscErrors({ 'types.ts': text })).toEqual([])
  })

  test('writes never for an unreadable type', () => {
    expect(shown(only(t.known('serde_json::Value')))).toContain('export type Only = never // serde_json::Value')
  })

  // Compiles TypeScript.
  test('escapes names and locations that would end a comment', { timeout: 60_000 }, () => {
    const evil = { ...struct(items(t.of('u8'))), at: 'a*/ alert(1) /*\n\u001b[31m' }
    const text = shown({ ...only(t.of('u8')), topic: 'x\nlet y = 1', types: new Map([['Only', evil]]) })
    expect(tscErrors({ 'types.ts': text })).toEqual([])
    expect(text).not.toContain('\u001b')
    expect(text).not.toMatch(/^let/m)
  })
})
