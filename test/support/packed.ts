import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { inject } from 'vitest'

/** A user's project outside this repository, with only the packed tarball installed. */
export interface Installed {
  readonly tarball: string
  readonly folder: string
  /** The file of the installed command `crbus`. */
  readonly bin: string
}

/** Installs the tarball that `packed-global.ts` built. */
export async function installPacked(): Promise<Installed> {
  const folder = mkdtempSync(join(tmpdir(), 'crbus-packed-'))
  const tarball = inject('packedTarball')
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  await execa('npm', ['install', '--no-fund', '--no-audit', '--ignore-scripts', tarball], { cwd: folder })
  return { tarball, folder, bin: join(folder, 'node_modules/crbus/bin/crbus.js') }
}
