import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { compileEncoder } from '../../src/schema/bincode/compile-encoder.ts'
import { compareSchemas } from '../../src/schema/compare/compare-with-samples.ts'
import { cargoEnv, hasCargo } from '../support/cargo.ts'
import { t } from '../unit/schema/support/build.ts'
import { seededRandom } from '../unit/schema/support/random.ts'
import { randomValue } from '../unit/schema/support/random-values.ts'
import { changeTitle, schemaWith, type TypeChange, typeChanges } from '../unit/schema/support/type-changes.ts'

const crate = fileURLToPath(new URL('../../node_modules/.cache/crbus-drift/', import.meta.url))
const VALUES = 300

const manifest = `[package]
name = "crbus-drift"
version = "0.1.0"
edition = "2021"

[dependencies]
bincode = "=1.3.3"
serde = { version = "1", features = ["derive"] }

[profile.dev]
debug = false

[workspace]
`

/** A function that decodes a line of hex with the old types, strictly with the new types, and as `bincode::deserialize` does. */
function sourceOf(changes: readonly TypeChange[]): string {
  // The fields are written in the order of their names, so that the texts of reordered fields can be compared.
  const struct = (parts: TypeChange['before']) => {
    const names = Object.keys(parts).sort()
    return `#[derive(Deserialize)] pub struct T { ${Object.entries(parts)
      .map(([name, type]) => `pub ${name}: ${type}`)
      .join(', ')} }
impl std::fmt::Debug for T { fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
write!(to, "${names.map((name) => `${name}: {:?}`).join(', ')}", ${names.map((name) => `self.${name}`).join(', ')}) } }`
  }
  const modules = changes.map(
    ({ before, after }, index) =>
      `mod old${index} { use serde::Deserialize; ${struct(before)} }\nmod new${index} { use serde::Deserialize; ${struct(after)} }`,
  )
  const rows = changes.map((_, index) => `        ${index} => read::<old${index}::T, new${index}::T>(&bytes),`)
  return `#![allow(dead_code)]
use bincode::Options;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
${modules.join('\n')}

fn text<T: Debug>(value: Result<T, bincode::Error>) -> String {
    value.map_or("!".to_string(), |value| format!("{value:?}"))
}

fn read<Old: DeserializeOwned + Debug, New: DeserializeOwned + Debug>(bytes: &[u8]) -> String {
    let strict = bincode::DefaultOptions::new().with_fixint_encoding().reject_trailing_bytes();
    format!(
        "{}\\t{}\\t{}",
        text(bincode::deserialize::<Old>(bytes)),
        text(strict.deserialize::<New>(bytes)),
        text(bincode::deserialize::<New>(bytes))
    )
}

fn main() {
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        let (row, hex) = line.split_once('\\t').unwrap();
        let bytes: Vec<u8> = (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()).collect();
        println!("{}", match row.parse::<usize>().unwrap() {
${rows.join('\n')}
            _ => unreachable!(),
        });
    }
}
`
}

/** Writes the crate, and reads each line with it. Cargo builds it again if the source changed. */
function runRust(lines: readonly string[]): string[] {
  const run = spawnSync('cargo', ['run', '--quiet'], {
    cwd: crate,
    env: cargoEnv,
    input: lines.join(''),
    encoding: 'utf8',
    maxBuffer: 512 * 2 ** 20,
  })
  if (run.status !== 0) throw new Error(run.stderr.slice(0, 2000))
  return run.stdout.split('\n').slice(0, -1)
}

function putChanged(path: string, text: string): void {
  let known: string | undefined
  try {
    known = readFileSync(path, 'utf8')
  } catch {}
  if (known !== text) writeFileSync(path, text)
}

describe.skipIf(!hasCargo)('the verdicts of schema diff in Rust', () => {
  let answers: string[]
  const random = seededRandom(2026)
  const sent = typeChanges.flatMap((change, index) => {
    const schema = schemaWith(change.before)
    const { encode } = compileEncoder(schema)
    return Array.from({ length: VALUES }, () => {
      const encoded = encode(randomValue(schema, t.named(schema.root), random))
      if (!encoded.ok) throw new Error(encoded.reason)
      return `${index}\t${Buffer.from(encoded.bytes).toString('hex')}\n`
    })
  })
  const verdicts = typeChanges.map(({ before, after }) => compareSchemas(schemaWith(before), schemaWith(after)))
  const examples = verdicts.flatMap((changes, index) => {
    const example = changes[0]?.sampled?.example
    const encoded =
      example && compileEncoder(schemaWith((typeChanges[index] as TypeChange).before)).encode(example.written)
    return encoded?.ok ? [`${index}\t${Buffer.from(encoded.bytes).toString('hex')}\n`] : []
  })

  beforeAll(() => {
    mkdirSync(`${crate}src`, { recursive: true })
    putChanged(`${crate}Cargo.toml`, manifest)
    putChanged(`${crate}src/main.rs`, sourceOf(typeChanges))
    answers = runRust(sent)
  }, 600_000)

  test('bincode reads no value of a safe change wrongly, and none of a change that breaks strictly as another value (needs cargo)', () => {
    expect(answers).toHaveLength(typeChanges.length * VALUES)
    for (const [index, change] of typeChanges.entries()) {
      const [verdict] = verdicts[index] ?? []
      const rows = answers.slice(index * VALUES, (index + 1) * VALUES).map((line) => line.split('\t'))
      const misread = rows.filter(([old, strict]) => strict !== '!' && strict !== old)
      const leftover = rows.filter(([, strict, lenient]) => strict === '!' && lenient !== '!')
      const told = `${changeTitle(change)} ${JSON.stringify(verdict)} ${misread[0]?.join(' | ')}`
      if (verdict?.kind === 'safe')
        expect(
          rows.filter(([, strict]) => strict === '!'),
          told,
        ).toEqual([])
      // Tuples, arrays and lists have other texts in Rust's Debug than in each other, but the same parts.
      if (verdict?.kind !== 'silent') {
        expect(
          misread.filter(([old = '', now = '']) => plain(old) !== plain(now)),
          told,
        ).toEqual([])
      }
      if (verdict?.kind === 'breaks' && leftover.length > 0) expect(verdict.leftoverBytes, told).toBe(true)
    }
  })

  test('bincode reads the examples of silent changes strictly as other values (needs cargo)', () => {
    expect(examples.length).toBeGreaterThan(20)
    for (const line of runRust(examples)) {
      const [old = '', strict] = line.split('\t')
      expect(strict, line).not.toBe('!')
      expect(strict, line).not.toBe(old)
    }
  })
})

/** The text of a value, without the brackets that tell a tuple from a list, and with one text for an empty one. */
const plain = (text: string): string => text.replaceAll('""', '').replaceAll(/[()[\]]/g, '')
