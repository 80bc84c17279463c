import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'

const root = new URL('../..', import.meta.url).pathname

/** A project of a user, outside this repository, in which the packed tarball is installed and nothing else. */
export interface Installed {
  readonly tarball: string
  readonly folder: string
  /** The file that `crbus` runs there. */
  readonly bin: string
}

/** Packs `dist` as it was built, and installs it. */
export async function installPacked(): Promise<Installed> {
  const folder = mkdtempSync(join(tmpdir(), 'crbus-packed-'))
  const { stdout } = await execa('npm', ['pack', '--json', '--pack-destination', folder], { cwd: root })
  const packed: unknown = JSON.parse(stdout.slice(stdout.search(/^[[{]/m)))
  const [{ filename }] = Object.values(packed as Record<string, { filename: string }>) as [{ filename: string }]
  const tarball = join(folder, filename)
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  await execa('npm', ['install', '--no-fund', '--no-audit', '--ignore-scripts', tarball], { cwd: folder })
  return { tarball, folder, bin: join(folder, 'node_modules/crbus/bin/crbus.js') }
}
