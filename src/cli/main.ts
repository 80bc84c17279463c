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
  const { run, settings } = await import('@oclif/core')
  // NODE_ENV=test or development would make oclif look for TypeScript sources.
  settings.enableAutoTranspile = false
  try {
    await run(argv[0] === 'help' ? [...argv.slice(1), '--help'] : argv, binUrl)
  } catch (error) {
    // `--help` ends by an error whose exit is 0.
    if ((error as { oclif?: { exit?: number } }).oclif?.exit === 0) return
    const { formatFailure, toFailure } = await import('./errors.ts')
    const failure = toFailure(error)
    if (argv.includes('--json')) process.stdout.write(`${JSON.stringify({ error: failure })}\n`)
    else process.stderr.write(formatFailure(failure))
    process.exitCode = failure.exitCode
  }
}
