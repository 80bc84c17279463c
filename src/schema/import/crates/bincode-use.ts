import { posix } from 'node:path'
import type { SourceLocation } from '../../../rust/source.ts'
import type { Crates } from './crates.ts'

/** A sign that a service does not encode integers as `bincode::serialize` of bincode 1 does. */
export interface IntegersSign extends SourceLocation {
  /** What the file says: `config::standard()`, or the required version of bincode. */
  readonly about: string
  /** Whether the bytes of integers may be in the opposite order. Absent: integers may have variable sizes. */
  readonly isBigEndian?: boolean
}

/** Calls after which bincode writes integers with as many bytes as they need. */
const variableCalls = /\b(?:config::standard|bincode::options|DefaultOptions::new|DefaultOptions::default)\s*\(\s*\)/
const variableSettings = /\b(?:with_varint_encoding|with_variable_int_encoding)\s*\(\s*\)/
const fixedCalls = /\bwith_fixint_encoding\b|\bwith_fixed_int_encoding\b/
const bigEndianCalls = /\b(?:with_big_endian|big_endian)\s*\(\s*\)/

/**
 * Finds a sign that the crates of a service encode integers in another way: version 2 of bincode, or a call that configures it. It is
 * only a sign, because they may encode other things with bincode.
 */
export function signOfOtherIntegers(crates: Crates): IntegersSign | undefined {
  const users = crates.all.flatMap((crate) => {
    const version = crates.packages.versionOf(crate, 'bincode')
    return version ? [{ crate, version }] : []
  })
  if (users.length === 0) return undefined
  for (const file of crates.sources) {
    const text = crates.textOf(file) ?? ''
    const lines = text.split('\n')
    const bigEndian = /\bbincode\b/.test(text) ? lines.findIndex((line) => bigEndianCalls.test(line)) : -1
    const swapped = bigEndianCalls.exec(lines[bigEndian] ?? '')?.[0]
    if (swapped !== undefined) return { file, line: bigEndian + 1, about: swapped, isBigEndian: true }
    // A call that makes integers fixed again is in the same chain of calls.
    const isVariable = (one: string, line: number) =>
      variableSettings.test(one) ||
      (variableCalls.test(one) && !lines.slice(line, line + 4).some((next) => fixedCalls.test(next)))
    const line = lines.findIndex(isVariable)
    const call = (variableSettings.exec(lines[line] ?? '') ?? variableCalls.exec(lines[line] ?? ''))?.[0]
    if (call !== undefined) return { file, line: line + 1, about: call }
  }
  const modern = users.find(({ version }) => version[0] >= 2)
  return (
    modern && { file: posix.join(modern.crate.folder, 'Cargo.toml'), line: 0, about: `bincode ${modern.version[0]}` }
  )
}
