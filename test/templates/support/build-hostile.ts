import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { cargoEnv } from '../../support/cargo.ts'
import type { Written } from '../../unit/schema/support/compare-schema.ts'
import type { HostileCrate } from './hostile-crate.ts'

const committed = fileURLToPath(new URL('../../vectors/hostile-crates/', import.meta.url))
const cache = fileURLToPath(new URL('../../../node_modules/.cache/crbus-hostile/', import.meta.url))
const megabytes = 2 ** 20

/** The Cargo.toml of the generated crates. */
export const hostileManifest = readFileSync(`${committed}Cargo.toml`, 'utf8')

/** A generated crate that compiles, with the values that it wrote. */
export interface BuiltCrate extends HostileCrate {
  readonly written: readonly Written[]
}

/**
 * Compiles generated crates as modules of one crate with the feature alpha, leaves out those that rustc refuses, and runs the
 * rest.
 */
export async function buildHostile(crates: readonly HostileCrate[]): Promise<readonly BuiltCrate[]> {
  mkdirSync(`${cache}src/cases`, { recursive: true })
  cpSync(committed, cache, { recursive: true })
  let cases = crates.map((crate, id) => ({ ...crate, id }))
  for (const { id, source } of cases)
    writeFileSync(`${cache}src/cases/c${id}.rs`, source.replaceAll('CRATE', `crate::cases::c${id}`))
  // rustc reports errors of name resolution first, and others only without such errors.
  for (let round = 0; round < 6; round += 1) {
    writeFileSync(
      `${cache}src/cases/mod.rs`,
      `${cases.map(({ id }) => `mod c${id};`).join('\n')}
pub fn print_all() {
${cases.map(({ id }) => `    crate::print::<c${id}::Root>(${id});`).join('\n')}
}
`,
    )
    const refused = await refusedCases()
    if (refused.size === 0) break
    cases = cases.filter(({ id }) => !refused.has(id))
  }
  const { stdout } = await cargo(['run', '--quiet'])
  const written = new Map<string, Written[]>()
  for (const line of stdout.split('\n')) {
    const [id = '', hex, json] = line.split('\t')
    if (hex !== undefined && json !== undefined) written.set(id, [...(written.get(id) ?? []), { hex, json }])
  }
  return cases.map(({ id, ...crate }) => ({ ...crate, written: written.get(`${id}`) ?? [] }))
}

const cargo = ([command = '', ...args]: readonly string[]) =>
  promisify(execFile)('cargo', [command, '--locked', '--features', 'alpha', ...args], {
    cwd: cache,
    env: cargoEnv,
    maxBuffer: 512 * megabytes,
  })

/** The numbers of the cases in which rustc finds an error. */
async function refusedCases(): Promise<ReadonlySet<number>> {
  const { stdout, stderr } = await cargo(['check', '--message-format', 'json']).catch(
    (error: { readonly stdout: string; readonly stderr: string }) => error,
  )
  const refused = new Set<number>()
  let isBuilt = false
  for (const line of stdout.split('\n').filter((text) => text.startsWith('{'))) {
    const report = JSON.parse(line)
    if (report.reason === 'build-finished') isBuilt = report.success
    if (report.reason !== 'compiler-message' || report.message.level !== 'error') continue
    for (const { file_name: file } of report.message.spans) {
      const id = /cases\/c(\d+)\.rs$/.exec(file)?.[1]
      if (id !== undefined) refused.add(Number(id))
    }
  }
  if (!isBuilt && refused.size === 0) throw new Error(`cargo check failed: ${stderr.slice(-2000)}`)
  return refused
}
