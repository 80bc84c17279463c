import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The path of the tarball that users install. */
    packedTarball: string
  }
}

const root = new URL('../..', import.meta.url).pathname

/** Builds and packs once for the whole test run. Packing runs the build, which takes six seconds. */
export default async function setup(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'crbus-tarball-'))
  const { stdout } = await execa('npm', ['pack', '--json', '--pack-destination', folder], { cwd: root })
  const packed: unknown = JSON.parse(stdout.slice(stdout.search(/^[[{]/m)))
  const [{ filename }] = Object.values(packed as Record<string, { filename: string }>) as [{ filename: string }]
  project.provide('packedTarball', join(folder, filename))
  return () => rmSync(folder, { recursive: true })
}
