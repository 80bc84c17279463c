import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'

const cache = new URL('../../node_modules/.cache/crbus-test/runtimes/', import.meta.url).pathname

/** A command that runs a file: a program and the arguments before the file. */
export type Runtime = readonly [program: string, ...args: string[]]

/**
 * Installs a runtime from npm, or finds the one of an earlier run: `node@22.15.0`, `node@22`, `bun`, `deno`. `npm ci` removes
 * them, so CI always uses the newest releases.
 */
export async function runtime(name: string): Promise<Runtime> {
  const folder = join(cache, name)
  const [program = name] = name.split('@')
  const file = join(folder, 'node_modules/.bin', program)
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ allowScripts: { [program]: true } }))
    await execa('npm', ['install', '--no-fund', '--no-audit', name], { cwd: folder })
  }
  return program === 'deno' ? [file, 'run', '--allow-all'] : [file]
}
