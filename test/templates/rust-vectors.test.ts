import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { cargoEnv, hasCargo } from '../support/cargo.ts'
import { committedVectors, vectorsFolder } from '../unit/codecs/support/vectors.ts'

const cache = fileURLToPath(new URL('../../node_modules/.cache/', import.meta.url))
const serviceFolder = fileURLToPath(new URL('../vectors/service/', import.meta.url))

/** A first build compiles all dependencies, which can take minutes. */
const BUILD_TIMEOUT_MS = 600_000

/** Runs a crate with its locked dependencies and returns its output. */
const run = (folder: string, target: string) =>
  execFileSync('cargo', ['run', '--quiet', '--locked'], {
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
})
