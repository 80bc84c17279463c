/**
 * Runs a command line. Calls oclif's `run` and never its `execute`, which ends with a flush that gives up after ten
 * seconds and loses what a slow reader has not taken.
 */
export async function main(binUrl: string): Promise<void> {
  const argv = process.argv.slice(2)
  // Asked by scripts and prompts, so it does not wait for the router to load.
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
    // Importing node:fs loads its streams as well, which costs every start four milliseconds.
    const { readFileSync } = process.getBuiltinModule('node:fs')
    const { name, version } = JSON.parse(readFileSync(new URL('../package.json', binUrl), 'utf8'))
    // A reader that has left has what it wanted.
    process.stdout.on('error', () => {}).write(`${name}/${version} node-${process.version}\n`)
    return
  }
  const hasFolder = hasWorkingFolder()
  nameHome()
  const { run, settings } = await import('@oclif/core')
  // NODE_ENV=test or development would make oclif look for TypeScript sources.
  settings.enableAutoTranspile = false
  try {
    if (!hasFolder) {
      const { UsageError } = await import('../errors.ts')
      throw new UsageError('the working directory no longer exists', ['cd to a folder that exists'])
    }
    const words = argv[0] === 'help' ? [...argv.slice(1), '--help'] : argv
    // crbus has no plugins. Looking for them reads package.json of the data folder, and warns of what is in the way.
    await run(words, {
      root: process.getBuiltinModule('node:url').fileURLToPath(binUrl),
      userPlugins: false,
      devPlugins: false,
    })
  } catch (error) {
    // `--help` ends by an error whose exit is 0.
    if ((error as { oclif?: { exit?: number } }).oclif?.exit === 0) return
    const { formatFailure, toFailure } = await import('../errors.ts')
    const { harmless } = await import('../../ui/text/printable.ts')
    const failure = toFailure(error)
    if (argv.includes('--json')) process.stdout.write(harmless(`${JSON.stringify({ error: failure })}\n`))
    else process.stderr.write(formatFailure(failure))
    process.exitCode = failure.exitCode
  }
}

/** False when the working directory was removed. Loading oclif would then print a warning, so the process leaves it. */
function hasWorkingFolder(): boolean {
  if (succeeds(() => process.cwd() !== '')) return true
  process.chdir('/')
  return false
}

/** The home of a user who has none, as Debian names it: nothing can be made below, and the message says so. */
const NO_HOME = '/nonexistent'

/**
 * Names a home directory and a shell where a user has none, neither in the environment nor in the password file, as with
 * `docker run --user`: oclif asks for both and fails without. A relative home counts as none, since a project could put
 * files into it.
 */
function nameHome(): void {
  const { homedir, userInfo } = process.getBuiltinModule('node:os')
  const { isAbsolute } = process.getBuiltinModule('node:path')
  if (!succeeds(() => isAbsolute(homedir()))) process.env.HOME = NO_HOME
  if (process.env.SHELL === undefined && !succeeds(() => userInfo().shell !== '')) process.env.SHELL = '/bin/sh'
}

function succeeds(check: () => boolean): boolean {
  try {
    return check()
  } catch {
    return false
  }
}
