import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileDecoder } from '../../../../src/schema/bincode/compile-decoder.ts'
import { compileEncoder } from '../../../../src/schema/bincode/compile-encoder.ts'
import { asSerde } from '../support/as-serde.ts'
import { importRust, linesOf, noteLines } from './import-rust.ts'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const folder = `${root}test/vectors/service/`
const service = Object.fromEntries(
  globSync(['Cargo.toml', 'src/**/*.rs'], { cwd: folder }).map((path) => [
    path.replaceAll('\\', '/'),
    readFileSync(folder + path, 'utf8'),
  ]),
)
/** The output of the service: event type, bytes as hex, JSON. */
const printed = readFileSync(`${folder}events.txt`, 'utf8')
const events = printed
  .trimEnd()
  .split('\n')
  .map((line) => line.split('\t') as [type: string, hex: string, json: string])

describe('the schema of the service in test/vectors', () => {
  const imported = importRust(service, { assume: { 'feature:extra': 'off' } })
  if (!imported.ok) throw new Error(linesOf(imported).join('\n'))
  const { schema } = imported
  const decoder = compileDecoder(schema)
  const encoder = compileEncoder(schema)

  test.each(events)(
    'the schema of the service in test/vectors decodes and encodes %s %s as Rust does',
    (type, hex, json) => {
      const decoded = decoder.decode(Buffer.from(hex, 'hex'))
      if (!decoded.ok) expect.fail(`${decoded.path}: ${decoded.reason}`)
      expect(asSerde(schema, { kind: 'named', name: schema.root }, decoded.value)).toEqual(JSON.parse(json))
      expect(encoder.encode(decoded.value)).toMatchObject({ ok: true, bytes: Buffer.from(hex, 'hex') })
      // The service returns `unknown` for variants without an event type, and two variants share OrderNoted.
      if (type === 'unknown.v1' || type === 'OrderNoted.v1') expect(schema.events.has(type)).toBe(false)
      else expect(schema.events.get(type)).toBe(decoded.variant)
    },
  )

  test('the schema of the service in test/vectors comes with the expected notes', () => {
    expect(noteLines(imported)).toEqual([
      'src/events.rs:17 OrderEvent is assumed to be the serialized enum, because it contains StockEvent; use --root to change it',
      'src/events.rs:47 OrderEvent::Converted: Rust serializes this variant and later ones with their numbers in the source, but deserializes as if Empty did not exist, so it cannot decode its own bytes',
      'src/events.rs:30 event type OrderNoted.v1 is used by variants Noted and Labels, so it does not identify one',
    ])
  })

  test('the schema of the service in test/vectors needs an answer for a variant that depends on a feature', () => {
    expect(linesOf(importRust(service))).toEqual([
      "src/events.rs:46 OrderEvent::Extra: whether this declaration is compiled depends on feature:extra [--assume 'feature:extra=on|off']",
    ])
  })
})

// Imports many damaged sources.
test('the import of damaged source returns problems instead of throwing', { timeout: 60_000 }, () => {
  const text = service['src/events.rs'] as string
  const offset = fc.nat(text.length)
  const damage = fc.tuple(offset, fc.nat(40), fc.stringMatching(/^[<>(){}[\];:,#!'"$a-z ]{0,4}$/))
  fc.assert(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 4 }), (damages) => {
      const damaged = damages.reduce((rust, [at, length, by]) => rust.slice(0, at) + by + rust.slice(at + length), text)
      const imported = importRust({ ...service, 'src/events.rs': damaged }, { root: 'OrderEvent' })
      expect(imported.ok || imported.problems.length > 0).toBe(true)
    }),
    { numRuns: 150 },
  )
})
