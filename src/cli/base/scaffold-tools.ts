import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readTarget } from '../../scaffold/plan/target.ts'
import type { Language } from '../../scaffold/template/manifest.ts'

/** Returns the commands that install, format and test a service after files were written to it. */
export function toolCommands(lang: Language, root: string): readonly string[] {
  if (lang === 'rust') return ['cargo fmt', 'cargo test']
  const isInstalled = existsSync(join(root, 'node_modules', 'crbus'))
  return [...(isInstalled ? [] : ['npm install --no-fund --no-audit']), 'npm run --silent format', 'npm test --silent']
}

/** The package scripts that `npm install`, `npm run format` and `npm test` run. */
const npmScripts = [
  ...['preinstall', 'install', 'postinstall', 'preprepare', 'prepare', 'postprepare'],
  ...['preformat', 'format', 'postformat', 'pretest', 'test', 'posttest'],
]

/** Lists the code of a service that the `toolCommands` run, for a notice: a user can then review it. */
export function codeThatRuns(lang: Language, root: string): readonly string[] {
  if (lang === 'rust') return ['build.rs, macros and tests of the service and of the crates in Cargo.toml']
  const scripts = scriptsOf(root)
  const own = npmScripts.flatMap((name) =>
    typeof scripts[name] === 'string' ? [`${name} (${JSON.stringify(scripts[name])})`] : [],
  )
  return [...own, 'install scripts of the packages in package.json']
}

function scriptsOf(root: string): Readonly<Record<string, unknown>> {
  try {
    const { scripts } = JSON.parse(readTarget(root, 'package.json')?.toString('utf8') ?? '{}')
    return typeof scripts === 'object' && scripts !== null ? scripts : {}
  } catch {
    // npm reports a broken package.json itself.
    return {}
  }
}
