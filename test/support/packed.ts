import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
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

/** The environment of a new user with an empty home folder. npm keeps its cache, and the registry that the machine configures. */
export function newUser(home: string): Readonly<Record<string, string>> {
  mkdirSync(home, { recursive: true })
  const { npm_config_userconfig: config, npm_config_cache: cache } = process.env
  return {
    HOME: home,
    XDG_CONFIG_HOME: '',
    XDG_DATA_HOME: '',
    XDG_STATE_HOME: '',
    XDG_CACHE_HOME: '',
    npm_config_userconfig: config ?? join(homedir(), '.npmrc'),
    npm_config_cache: cache ?? join(homedir(), '.npm'),
  }
}

/** Installs the tarball like `npm install --global`, into an empty prefix. */
export async function installGlobally(env: Readonly<Record<string, string>>): Promise<Installed> {
  const folder = mkdtempSync(join(tmpdir(), 'crbus-global-'))
  const tarball = inject('packedTarball')
  await execa('npm', ['install', '--global', '--no-fund', '--no-audit', '--prefix', folder, tarball], { env })
  return { tarball, folder, bin: join(folder, 'lib/node_modules/crbus/bin/crbus.js') }
}
