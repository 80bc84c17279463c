import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { sourceFiles } from '../../../../src/operations/schemas/rust-files.ts'
import { compileDecoder } from '../../../../src/schema/bincode/compile-decoder.ts'
import { compileEncoder } from '../../../../src/schema/bincode/compile-encoder.ts'
import { importSchema } from '../../../../src/schema/import/import-schema.ts'
import { compareSchema } from '../support/compare-schema.ts'
import { linesOf } from './import-rust.ts'

const cwd = fileURLToPath(new URL('../../../vectors/hard-cases/', import.meta.url))

function importCase(path: string, assume: Readonly<Record<string, string>> = {}) {
  const answers = { map: new Map(), assume: new Map(Object.entries(assume)) }
  return importSchema({ paths: [path], root: 'OrderEvent', topic: 'order-events', files: sourceFiles(cwd), answers })
}

const valuesIn = (file: string) =>
  readFileSync(`${cwd}${file}`, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split('\t') as [string, string])
    .map(([hex, json]) => ({ hex, json }))

/** Compares a case with what Rust wrote. Empty if the schema reads every value. */
function wrongValues(path: string, file: string, assume: Readonly<Record<string, string>> = {}): readonly string[] {
  const imported = importCase(path, assume)
  return imported.ok ? compareSchema(imported.schema, valuesIn(file)) : linesOf(imported)
}

describe('Rust that is easy to read wrong', () => {
  test.each(['tuple_visibility', 'visibility', 'glob_preludes', 'const_casts', 'rare_syntax', 'joined_names'])(
    'is read right without a question: %s',
    (name) => {
      expect(wrongValues(`src/bin/${name}.rs`, `src/bin/${name}.txt`)).toEqual([])
    },
  )

  test('may have variants that features decide, which are asked about', () => {
    expect(linesOf(importCase('src/bin/cfg_variants.rs'))).toEqual([
      "src/bin/cfg_variants.rs:7 OrderEvent::Held: whether this declaration is compiled depends on feature:beta [--assume 'feature:beta=on|off']",
      "src/bin/cfg_variants.rs:9 OrderEvent::Noted: whether this declaration is compiled depends on feature:serde-extra [--assume 'feature:serde-extra=on|off']",
    ])
    const assume = { 'feature:beta': 'off', 'feature:serde-extra': 'on' }
    expect(wrongValues('src/bin/cfg_variants.rs', 'src/bin/cfg_variants.txt', assume)).toEqual([])
  })

  test('may define conversions with the names of a library, which are asked about', () => {
    expect(linesOf(importCase('src/bin/own_conversions.rs'))).toEqual([
      'src/bin/own_conversions.rs:26 OrderEvent::A.it: serde_as(as = "Same") uses a custom encoding [--assume Same=…]',
      'src/bin/own_conversions.rs:30 OrderEvent::B.it: serde_as(as = "Hex") uses a custom encoding [--assume Hex=…]',
    ])
    const assume = { Same: 'String', Hex: 'u64' }
    expect(wrongValues('src/bin/own_conversions.rs', 'src/bin/own_conversions.txt', assume)).toEqual([])
  })

  test('may have attributes that features decide, which are asked about', () => {
    const asked = linesOf(importCase('src/bin/cfg_attr.rs'))
    expect(asked.length).toBeGreaterThan(0)
    for (const line of asked) expect(line).toContain("[--assume 'feature:human=on|off']")
    expect(wrongValues('src/bin/cfg_attr.rs', 'src/bin/cfg_attr.txt', { 'feature:human': 'on' })).toEqual([])
  })

  test('may implement Serialize by hand in an unusual place, which is asked about', () => {
    const asked = linesOf(importCase('src/bin/by_hand.rs'))
    expect(asked.map((line) => /\.rs:\d+ (\w+): Serialize is implemented by hand/.exec(line)?.[1])).toEqual([
      ...['ByAlias', 'InConst', 'InFunction'],
    ])
  })

  test.each([
    ['a feature of the package', 'decimal-feature', 'decimal-feature/values.txt'],
    ['another member of the workspace', 'decimal-member/orders', 'decimal-member/values.txt'],
  ])('may depend on features of a library that %s turns on, which are asked about', (_, path, file) => {
    expect(linesOf(importCase(path))).toEqual([
      `${path}/src/main.rs:6 Decimal: the encoding depends on feature:rust_decimal/serde-float, which another package or a feature may turn on [--assume 'feature:rust_decimal/serde-float=on|off']`,
    ])
    expect(wrongValues(path, file, { 'feature:rust_decimal/serde-float': 'on' })).toEqual([])
  })

  test('may require an earlier version of a library with another encoding, which is asked about', () => {
    expect(linesOf(importCase('time-02'))).toEqual([
      'time-02/src/main.rs:7 OffsetDateTime: crbus knows the encoding of time 0.3 and later, and the service requires 0.2 [--map time::OffsetDateTime=…]',
      'time-02/src/main.rs:8 Date: crbus knows the encoding of time 0.3 and later, and the service requires 0.2 [--map time::Date=…]',
    ])
  })

  test('may use earlier versions of several libraries, which are asked about', () => {
    expect(linesOf(importCase('old-libraries'))).toEqual([
      'old-libraries/src/main.rs:9 Uuid: crbus knows the encoding of uuid 0.6 and later, and the service requires 0.5 [--map uuid::Uuid=…]',
      'old-libraries/src/main.rs:10 Address: crbus knows the encoding of alloy_primitives 0.3 and later, and the service requires 0.1 [--map alloy_primitives::Address=…]',
      'old-libraries/src/main.rs:11 BitVec<Lsb0, u8>: crbus knows the encoding of bitvec 1.0 and later, and the service requires 0.20 [--map bitvec::prelude::BitVec=…]',
    ])
  })

  test('may leave the version of a library to Cargo.lock, where the import finds it', () => {
    expect(linesOf(importCase('wide-version'))).toEqual([
      'wide-version/src/main.rs:7 OffsetDateTime: crbus knows the encoding of time 0.3 and later, and Cargo.lock has 0.2 [--map time::OffsetDateTime=…]',
      'wide-version/src/main.rs:8 Date: crbus knows the encoding of time 0.3 and later, and Cargo.lock has 0.2 [--map time::Date=…]',
    ])
  })

  test('may encode with bincode 2, which is asked about, and is read then', () => {
    expect(linesOf(importCase('bincode-2'))).toEqual([
      "bincode-2/src/main.rs:37 config::standard(): this may write integers with variable sizes, where bincode::serialize of bincode 1 writes fixed ones [--assume 'integers=fixed|variable']",
    ])
    expect(wrongValues('bincode-2', 'bincode-2/values.txt', { integers: 'variable' })).toEqual([])
  })

  test('may encode with bincode 2, whose bytes the encoder writes too', () => {
    const imported = importCase('bincode-2', { integers: 'variable' })
    expect(imported.ok).toBe(true)
    if (!imported.ok) return
    const [decoder, encoder] = [compileDecoder(imported.schema), compileEncoder(imported.schema)]
    for (const { hex } of valuesIn('bincode-2/values.txt')) {
      const read = decoder.decode(Buffer.from(hex, 'hex'))
      const written = read.ok ? encoder.encode(read.value) : undefined
      expect(written?.ok && Buffer.from(written.bytes).toString('hex')).toBe(hex)
    }
  })
})
