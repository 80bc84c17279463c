import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { cargoEnv } from '../../support/cargo.ts'

const cache = fileURLToPath(new URL('../../../node_modules/.cache/crbus-shown-rust/', import.meta.url))
const megabytes = 2 ** 20

/** A printed schema, and the Rust name of its root. */
export interface ShownModule {
  readonly text: string
  readonly root: string
}

/** The dependencies in the first comment of printed Rust, by the name of the crate. */
const dependenciesIn = (text: string): ReadonlyMap<string, string> =>
  new Map(
    [...(/^\/\/ \[dependencies\]\n((?:\/\/ .*\n)*)/m.exec(text)?.[1] ?? '').matchAll(/^\/\/ (([\w-]+) = .*)$/gm)].map(
      ([, line = '', name = '']) => [name, line],
    ),
  )

/**
 * Builds a crate with one module for each printed schema and with the dependencies that they name. Returns a function that decodes
 * values and encodes them again: it takes and returns lines of `module number<TAB>hex`.
 */
export async function buildShown(modules: readonly ShownModule[]): Promise<(lines: readonly string[]) => string[]> {
  mkdirSync(`${cache}src`, { recursive: true })
  const dependencies = new Map<string, string>()
  for (const { text } of modules) {
    for (const [name, line] of dependenciesIn(text)) {
      // The longest line has the most features.
      if (line.length > (dependencies.get(name)?.length ?? 0)) dependencies.set(name, line)
    }
  }
  const profile = '[profile.dev]\ndebug = false\nincremental = false\n'
  const manifest = `[package]\nname = "shown"\nversion = "0.1.0"\nedition = "2021"\n\n[dependencies]\n${[...dependencies.values()].join('\n')}\n\n${profile}\n[workspace]\n`
  writeFileSync(`${cache}Cargo.toml`, manifest)
  for (const [index, { text }] of modules.entries()) writeFileSync(`${cache}src/m${index}.rs`, text)
  const allow =
    '#![allow(dead_code, non_snake_case, non_camel_case_types, mixed_script_confusables, uncommon_codepoints)]'
  writeFileSync(
    `${cache}src/main.rs`,
    `${allow}
${modules.map((_, index) => `mod m${index};`).join('\n')}
use std::io::{BufRead, Write};

fn again<T: serde::Serialize + serde::de::DeserializeOwned>(bytes: &[u8]) -> String {
    match bincode::deserialize::<T>(bytes) {
        Ok(value) => bincode::serialize(&value).unwrap().iter().map(|byte| format!("{byte:02x}")).collect(),
        Err(error) => format!("!{error}"),
    }
}

const MODULES: [fn(&[u8]) -> String; ${modules.length}] = [
${modules.map(({ root }, index) => `    again::<m${index}::${root}>,`).join('\n')}
];

fn main() {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let (number, hex) = line.split_once('\\t').unwrap();
        let bytes: Vec<u8> = (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).unwrap()).collect();
        writeln!(out, "{number}\\t{}", MODULES[number.parse::<usize>().unwrap()](&bytes)).unwrap();
    }
}
`,
  )
  const { CARGO_TARGET_DIR: target = `${cache}target` } = process.env
  await promisify(execFile)('cargo', ['build', '--quiet'], { cwd: cache, env: cargoEnv, maxBuffer: 64 * megabytes })
  return (lines) => {
    // Rust writes a DateTime<Local> with the UTC offset of the process.
    const run = spawnSync(`${target}/debug/shown`, {
      input: lines.map((line) => `${line}\n`).join(''),
      env: { TZ: 'UTC' },
      encoding: 'utf8',
      maxBuffer: 512 * megabytes,
    })
    if (run.status !== 0) throw new Error(run.stderr.slice(0, 2000))
    return run.stdout.split('\n').slice(0, -1)
  }
}
