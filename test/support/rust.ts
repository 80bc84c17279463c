import { spawnSync } from 'node:child_process'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parser } from '@lezer/rust'
import { cargoEnv } from './cargo.ts'

const root = new URL('../..', import.meta.url).pathname

/** The checkout of the framework that the Rust templates are compiled against, if there is one. */
export const composableRust = process.env.COMPOSABLE_RUST_PATH

/** Whether a text parses as Rust without errors. */
export function isRust(text: string): boolean {
  let isWhole = true
  parser.parse(text).iterate({
    enter: ({ type }) => {
      if (type.isError) isWhole = false
    },
  })
  return isWhole
}

/** Returns the changes that rustfmt would make to a crate with its settings; empty if the crate is formatted. */
export function unformatted(crate: string): string {
  const files = globSync('{src,tests}/**/*.rs', { cwd: crate })
  const { stdout, stderr } = spawnSync('rustfmt', ['--check', '--edition', '2024', '--config-path', '.', ...files], {
    cwd: crate,
    env: cargoEnv,
    encoding: 'utf8',
  })
  return stdout + stderr
}

/** Makes a crate use the framework from the checkout instead of its repository. */
export function dependOnCheckout(crate: string, checkout: string): void {
  const manifest = join(crate, 'Cargo.toml')
  const text = readFileSync(manifest, 'utf8')
  const ofRepository = /^(composable-rust-(\w+) = \{) git = "[^"]*", rev = "[^"]*"/gm
  writeFileSync(
    manifest,
    text.replace(ofRepository, (_, name, part) => `${name} path = ${JSON.stringify(join(checkout, part))}`),
  )
}

/** The folder for the build output of all crates of the tests. */
export const cargoTarget = join(root, 'node_modules/.cache/crbus-templates')

/** Runs cargo in a crate. Throws with its whole output if it fails. All crates share one build folder. */
export function cargo(crate: string, ...argv: string[]): string {
  const env = { ...cargoEnv, CARGO_TARGET_DIR: cargoTarget }
  const { status, stdout, stderr, error } = spawnSync('cargo', argv, {
    cwd: crate,
    env,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  // A failed test prints its reason on stdout, a failed compilation on stderr.
  if (status !== 0) throw new Error(`cargo ${argv.join(' ')}:\n${stderr}\n${stdout}`, { cause: error })
  return stdout
}
