import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { cargo } from '../support/rust.ts'
import type { RustMutant } from './hand-written-rust.ts'

/** The tests of a part wait 10 seconds for what does not happen, several times in a row at most. */
const MAX_TESTS_MS = 60_000

/**
 * Runs the tests of the part of each mutant against it. Mutants of different parts are compiled together, since the tests of a
 * part use no other one. Returns those that no test noticed, and those whose tests did not end within a minute. Throws when the
 * tests fail without a mutant.
 */
export function survivorsInRust(service: string, parts: readonly (readonly RustMutant[])[]): readonly string[] {
  const alive: string[] = []
  const made = parts.map(([mutant]) => ({ file: mutant?.file ?? '', text: readFileSync(mutant?.file ?? '', 'utf8') }))
  for (const mutants of parts) {
    const part = mutants[0]?.part ?? ''
    if (outcomeOf(service, part) !== 'passed') throw new Error(`the generated tests of ${part} fail without a mutant`)
  }
  const rounds = Math.max(...parts.map(({ length }) => length))
  for (let round = 0; round < rounds; round++) {
    const mutants = parts.flatMap((list) => list[round] ?? [])
    for (const { file, text } of mutants) writeFileSync(file, text)
    for (const { part, what } of mutants) {
      const outcome = outcomeOf(service, part)
      if (outcome !== 'failed') alive.push(`${part} ${what}: ${outcome}`)
    }
    for (const { file, text } of made) writeFileSync(file, text)
  }
  return alive
}

function outcomeOf(service: string, part: string): 'passed' | 'failed' | 'no end' {
  // Without cargo between them, the time limit ends the tests themselves.
  const { status } = spawnSync(compiledTests(service), [part], { stdio: 'ignore', timeout: MAX_TESTS_MS })
  if (status === null) return 'no end'
  return status === 0 ? 'passed' : 'failed'
}

/** Compiles the tests of the crate. Returns the program that runs them. */
function compiledTests(service: string): string {
  const compile = ['test', '--quiet', '--lib', '--no-run']
  // The first time for a readable error, the second time for the name of the program.
  cargo(service, ...compile)
  const lines = cargo(service, ...compile, '--message-format', 'json').split('\n')
  const programs = lines.flatMap((line) => (line === '' ? [] : (JSON.parse(line).executable ?? [])))
  if (programs.length !== 1) throw new Error(`cargo made ${programs.length} programs of tests`)
  return programs[0]
}
