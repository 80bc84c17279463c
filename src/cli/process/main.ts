import { arrangeWords } from '../wrong-usage/arrange-words.ts'

/** The words that print the version, in place of a command. */
const VERSION_WORDS: readonly string[] = ['--version', '-v', '-V', 'version']

/**
 * Runs a command line. Calls oclif's `run`, not its `execute`: `execute` ends with a flush that gives up after ten seconds
 * and loses output that a slow reader has not read yet.
 */
export async function main(binUrl: string): Promise<void> {
  const given = process.argv.slice(2)
  // Scripts and shell prompts ask for the version, so answer before oclif is loaded.
  if (given.length === 1 && VERSION_WORDS.includes(given[0] ?? '')) {
    // A static import of node:fs also loads its streams, which costs four milliseconds at every start.
    const { readFileSync } = process.getBuiltinModule('node:fs')
    const { name, version } = JSON.parse(readFileSync(new URL('../package.json', binUrl), 'utf8'))
    // Ignore a closed pipe.
    process.stdout.on('error', () => {}).write(`${name}/${version} node-${process.version}\n`)
    return
  }
  if (given[0] === '__complete' || given[0] === '__refresh-names') {
    await answerShell(given, binUrl)
    return
  }
  if (given[0] === '__replay-saga') await (await import('../sagas/replay-child.ts')).answerReplay()
  // The title replaces the command line in the list of processes, where a password must not stay.
  if (given.some(mayHoldSecret)) process.title = 'crbus'
  // oclif would print the whole command line, with the passwords in it.
  delete process.env.DEBUG
  const argv = arrangeWords(given)
  const hasFolder = leaveRemovedFolder()
  ensureHomeAndShell()
  if (argv[0] === 'profile' && argv[1] === 'prompt' && (await answeredPrompt(argv, hasFolder))) return
  const { run, settings } = await import('@oclif/core')
  // NODE_ENV=test or development would make oclif look for TypeScript sources.
  settings.enableAutoTranspile = false
  try {
    if (!hasFolder) {
      const [{ UsageError }, { hint }] = await Promise.all([import('../errors.ts'), import('../suggestions.ts')])
      throw new UsageError('the working directory no longer exists', [hint('cd to a folder that exists')])
    }
    if (argv[0]?.startsWith('-') && !isHelp(argv[0])) await refuseWithoutCommand(argv)
    const words = argv[0] === 'help' ? [...argv.slice(1), '--help'] : argv
    // crbus has no plugins. Searching for them would read package.json of the data folder, and warn if it is invalid.
    await run(words, {
      root: process.getBuiltinModule('node:url').fileURLToPath(binUrl),
      userPlugins: false,
      devPlugins: false,
    })
  } catch (error) {
    // `--help` ends with an error whose exit code is 0.
    if ((error as { oclif?: { exit?: number } }).oclif?.exit === 0) return
    const { formatFailure, toFailure } = await import('../errors.ts')
    const { escapeUnsafe } = await import('../../ui/text/printable.ts')
    const failure = toFailure(error)
    if (argv.includes('--json')) process.stdout.write(escapeUnsafe(`${JSON.stringify({ error: failure })}\n`))
    else process.stderr.write(formatFailure(failure))
    process.exitCode = failure.exitCode
  }
}

/** Answers the completion script of a shell, or reads names for it in the background. Loads no oclif, because a user waits. */
async function answerShell([word, ...argv]: readonly string[], binUrl: string): Promise<void> {
  leaveRemovedFolder()
  ensureHomeAndShell()
  const { answerCompletion, answerRefresh } = await import('../completion/answer.ts')
  await (word === '__complete' ? answerCompletion(argv, binUrl) : answerRefresh(argv))
}

/** Whether a word of the command line may hold a password: a connection setting, or an address with a user. */
const mayHoldSecret = (word: string): boolean => /^-X|^--option\b|:.*@|passw|secret|token/i.test(word)

const isHelp = (word: string): boolean => word === '--help' || word === '-h'

/** Throws the error for a command line that has no command. */
async function refuseWithoutCommand(argv: readonly string[]): Promise<never> {
  const { missingCommand } = await import('../wrong-usage/missing-command.ts')
  throw missingCommand(argv)
}

/**
 * Prints the prompt of a shell without oclif, which would take most of the time: a shell waits for it before each command. Returns
 * false for flags that only the command itself reads. In a removed folder, the prompt is empty.
 */
async function answeredPrompt(argv: readonly string[], hasFolder: boolean): Promise<boolean> {
  const { printPrompt, promptRequest, readPrompt } = await import('./shell-prompt.ts')
  const request = promptRequest(argv)
  if (request === undefined) return false
  if (!hasFolder) return true
  const context = (await import('./create-context.ts')).createContext()
  await printPrompt(context, await readPrompt(context, request), request)
  return true
}

/**
 * Returns false if the working directory was removed, after changing to `/`. In a removed directory, oclif would print a
 * warning when it is loaded.
 */
function leaveRemovedFolder(): boolean {
  if (succeeds(() => process.cwd() !== '')) return true
  process.chdir('/')
  return false
}

/** Debian's home for users without one. Creating a file under this path fails with an error that names the path. */
const NO_HOME = '/nonexistent'

/**
 * Sets HOME and SHELL for a user who has neither in the environment nor in the password file, as with `docker run --user`:
 * oclif needs both. A relative HOME is replaced too, since a project could put files into it.
 */
function ensureHomeAndShell(): void {
  const { homedir, userInfo } = process.getBuiltinModule('node:os')
  const { isAbsolute } = process.getBuiltinModule('node:path')
  if (!succeeds(() => isAbsolute(homedir()))) process.env.HOME = NO_HOME
  if (process.env.SHELL === undefined && !succeeds(() => userInfo().shell !== '')) process.env.SHELL = '/bin/sh'
}

/** Whether the check returns true. A check that throws an error counts as false. */
function succeeds(check: () => boolean): boolean {
  try {
    return check()
  } catch {
    return false
  }
}
