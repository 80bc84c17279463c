import { execFileSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileDecoder } from '../../../src/schema/bincode/compile-decoder.ts'
import { compileEncoder } from '../../../src/schema/bincode/compile-encoder.ts'
import { cargoEnv, hasCargo } from '../../support/cargo.ts'
import { importRust, linesOf } from './import-rust.ts'
import { asSerde } from './support/as-serde.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const folder = `${root}test/vectors/service/`
const service = Object.fromEntries(
  globSync(['Cargo.toml', 'src/**/*.rs'], { cwd: folder }).map((path) => [
    path.replaceAll('\\', '/'),
    readFileSync(folder + path, 'utf8'),
  ]),
)
/** What the service printed: event type, bytes, JSON. */
const printed = readFileSync(`${folder}events.txt`, 'utf8')
const events = printed
  .trimEnd()
  .split('\n')
  .map((line) => line.split('\t') as [type: string, hex: string, json: string])

describe('a service whose source is imported', () => {
  const imported = importRust(service, { assume: { 'feature:extra': 'off' } })
  if (!imported.ok) throw new Error(linesOf(imported).join('\n'))
  const { schema } = imported
  const decoder = compileDecoder(schema)
  const encoder = compileEncoder(schema)

  test.each(events)('%s %s', (type, hex, json) => {
    const decoded = decoder.decode(Buffer.from(hex, 'hex'))
    if (!decoded.ok) expect.fail(`${decoded.path}: ${decoded.reason}`)
    expect(asSerde(schema, { kind: 'named', name: schema.root }, decoded.value)).toEqual(JSON.parse(json))
    expect(encoder.encode(decoded.value)).toMatchObject({ ok: true, bytes: Buffer.from(hex, 'hex') })
    // `unknown` is what it calls those that have no event type, and OrderNoted two of them.
    if (type === 'unknown.v1' || type === 'OrderNoted.v1') expect(schema.events.has(type)).toBe(false)
    else expect(schema.events.get(type)).toBe(decoded.variant)
  })

  test('is worth these notes', () => {
    expect(imported.notes.map(({ file, line, text }) => `${file}:${line} ${text}`)).toEqual([
      'src/events.rs:17 OrderEvent is taken for what is serialized, and it holds StockEvent; --root says otherwise',
      'src/events.rs:47 OrderEvent::Converted: Rust writes it, and what follows, with the number it has here, but reads as if Empty did not count: it cannot read its own bytes',
      'src/events.rs:30 OrderNoted.v1 is the event type of Noted and Labels: it tells no variant',
    ])
  })

  test('has a variant that depends on a feature, which is asked for', () => {
    expect(linesOf(importRust(service))).toEqual([
      'src/events.rs:46 OrderEvent::Extra: whether it is there depends on feature:extra [--assume feature:extra=on]',
    ])
  })
})

describe.skipIf(!hasCargo)('the service itself', () => {
  test('prints what is committed (needs cargo)', () => {
    const env = { ...cargoEnv, CARGO_TARGET_DIR: `${root}node_modules/.cache/crbus-service` }
    const again = execFileSync('cargo', ['run', '--quiet', '--locked'], { cwd: folder, encoding: 'utf8', env })
    expect(again).toBe(printed)
  }, 300_000)
})

test('no damage to the source makes the import throw', () => {
  const text = service['src/events.rs'] as string
  const place = fc.nat(text.length)
  const damage = fc.tuple(place, fc.nat(40), fc.stringMatching(/^[<>(){}[\];:,#!'"$a-z ]{0,4}$/))
  fc.assert(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 4 }), (damages) => {
      const spoilt = damages.reduce((rust, [at, length, by]) => rust.slice(0, at) + by + rust.slice(at + length), text)
      const imported = importRust({ ...service, 'src/events.rs': spoilt }, { root: 'OrderEvent' })
      expect(imported.ok || imported.problems.length > 0).toBe(true)
    }),
    { numRuns: 150 },
  )
})
