import { posix } from 'node:path'
import type { SourceLocation } from '../../../rust/source.ts'
import type { Crates } from './crates.ts'

/** A sign that a service encodes integers with variable sizes. */
export interface VariableIntegersSign extends SourceLocation {
  /** What the file says: `config::standard()`, or the required version of bincode. */
  readonly about: string
}

/** Calls after which bincode writes integers with as many bytes as they need. */
const variableCalls = /\b(?:config::standard|bincode::options|DefaultOptions::new|DefaultOptions::default)\s*\(\s*\)/
const fixedCalls = /\bwith_fixint_encoding\b|\bwith_fixed_int_encoding\b/

/**
 * Finds a sign that the crates of a service encode integers with variable sizes: version 2 of bincode, or a call that configures
 * version 1 so. It is only a sign, because they may encode other things with bincode.
 */
export function signOfVariableIntegers(crates: Crates): VariableIntegersSign | undefined {
  const users = crates.all.flatMap((crate) => {
    const version = crates.packages.versionOf(crate, 'bincode')
    return version ? [{ crate, version }] : []
  })
  if (users.length === 0) return undefined
  for (const file of crates.sources) {
    const lines = crates.textOf(file)?.split('\n') ?? []
    // A call that makes integers fixed again is in the same chain of calls.
    const isVariable = (text: string, line: number) =>
      variableCalls.test(text) && !lines.slice(line, line + 4).some((next) => fixedCalls.test(next))
    const line = lines.findIndex(isVariable)
    const call = variableCalls.exec(lines[line] ?? '')?.[0]
    if (call !== undefined) return { file, line: line + 1, about: call }
  }
  const modern = users.find(({ version }) => version[0] >= 2)
  return (
    modern && { file: posix.join(modern.crate.folder, 'Cargo.toml'), line: 0, about: `bincode ${modern.version[0]}` }
  )
}
