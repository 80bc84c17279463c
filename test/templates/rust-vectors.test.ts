import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { cargoEnv, hasCargo } from '../support/cargo.ts'
import { committedVectors, vectorsFolder } from '../unit/codecs/support/vectors.ts'

const cache = fileURLToPath(new URL('../../node_modules/.cache/', import.meta.url))
const serviceFolder = fileURLToPath(new URL('../vectors/service/', import.meta.url))

const serdeFormatsFolder = fileURLToPath(new URL('../vectors/serde-formats/', import.meta.url))
const hardCasesFolder = fileURLToPath(new URL('../vectors/hard-cases/', import.meta.url))

/** The features with which some programs of the hard cases are built. */
const featuresOfCases: Readonly<Record<string, string>> = { cfg_attr: 'human', cfg_variants: 'serde-extra' }

/** A first build compiles all dependencies, which can take minutes. */
const BUILD_TIMEOUT_MS = 600_000

/** Runs a crate with its locked dependencies and returns its output. */
const run = (folder: string, target: string, ...args: string[]) =>
  execFileSync('cargo', ['run', '--quiet', '--locked', ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...cargoEnv, CARGO_TARGET_DIR: `${cache}${target}` },
  })

describe.skipIf(!hasCargo)('the crates in test/vectors', () => {
  test('print the committed envelopes (needs cargo)', { timeout: BUILD_TIMEOUT_MS }, () => {
    expect(run(vectorsFolder, 'crbus-vectors')).toBe(committedVectors)
  })

  test('print the committed events of the service (needs cargo)', { timeout: BUILD_TIMEOUT_MS }, () => {
    expect(run(serviceFolder, 'crbus-service')).toBe(readFileSync(`${serviceFolder}events.txt`, 'utf8'))
  })

  test('print the committed values in JSON, CBOR and MessagePack (needs cargo)', { timeout: BUILD_TIMEOUT_MS }, () => {
    expect(run(serdeFormatsFolder, 'crbus-serde-formats')).toBe(readFileSync(`${serdeFormatsFolder}values.txt`, 'utf8'))
  })

  test('print the committed values of Rust that is easy to read wrong (needs cargo)', {
    timeout: BUILD_TIMEOUT_MS,
  }, () => {
    const programs = readdirSync(`${hardCasesFolder}src/bin`).filter((name) => name.endsWith('.rs'))
    expect(programs.length).toBeGreaterThan(7)
    for (const program of programs) {
      const name = program.slice(0, -'.rs'.length)
      const features = featuresOfCases[name] ?? ''
      const printed = run(hardCasesFolder, 'crbus-hard-cases', '--bin', name, '--features', features)
      expect(printed).toBe(readFileSync(`${hardCasesFolder}src/bin/${name}.txt`, 'utf8'))
    }
    for (const name of ['decimal-feature', 'decimal-member', 'time-02', 'old-libraries', 'wide-version', 'bincode-2']) {
      const printed = run(`${hardCasesFolder}${name}`, `crbus-${name}`)
      expect(printed).toBe(readFileSync(`${hardCasesFolder}${name}/values.txt`, 'utf8'))
    }
  })
})
