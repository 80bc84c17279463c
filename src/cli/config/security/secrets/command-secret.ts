import { UsageError } from '../../../errors.ts'
import { whyNotStarted } from '../../../process/why-not-started.ts'
import { hint, run, type Suggestion, shellWord } from '../../../suggestions.ts'
import type { ConfigSurroundings } from '../../config.ts'
import { MAX_SECRET_BYTES } from './file-secret.ts'
import { withoutSecrets } from './secret-variables.ts'

/** How long a program may take to print a secret. Long enough for a person to unlock a password manager. */
const COMMAND_TIMEOUT_MS = 30_000

/** Parts of a command that only a shell interprets. */
const SHELL_SYNTAX = /^(\||\|\||&&|;|<|>|>>|2>.*)$|\$[({A-Za-z_]|`/

/** Whether the arguments of a program look like parts of a line for a shell. */
export const hasShellSyntax = (args: readonly string[]): boolean => args.some((word) => SHELL_SYNTAX.test(word))

/**
 * Runs a program without a shell and resolves with its output. On a terminal, it inherits stdin and stderr, so that it can ask the
 * user. Otherwise its stderr is dropped: it may repeat the secret, and would end in a log. Its output is never repeated in an error.
 * `what` names the secret in errors.
 */
export async function outputOf(
  [program, ...args]: readonly [string, ...string[]],
  what: string,
  env: ConfigSurroundings['env'],
  timeout = COMMAND_TIMEOUT_MS,
): Promise<string> {
  const { execa } = await import('execa')
  const result = await execa(program, args, {
    env: withoutSecrets(env),
    extendEnv: false,
    stdin: 'inherit',
    stderr: process.stderr.isTTY ? 'inherit' : 'ignore',
    timeout,
    maxBuffer: MAX_SECRET_BYTES,
    stripFinalNewline: false,
    reject: false,
  })
  const isEmpty = !result.failed && result.stdout.trim() === ''
  if (!result.failed && !isEmpty) return result.stdout
  const { reason, next } = isEmpty
    ? { reason: `'${program}' printed nothing`, next: [printsIt(program)] }
    : whyFailed(program, { ...result, timeout })
  throw new UsageError(`${what} cannot be read: ${reason}`, [...next, ...shellAdvice(args)])
}

interface FailedRun {
  readonly code?: string | undefined
  readonly exitCode?: number | undefined
  readonly signal?: string | undefined
  readonly timedOut: boolean
  readonly isMaxBuffer: boolean
  readonly timeout: number
}

interface Failure {
  readonly reason: string
  readonly next: readonly Suggestion[]
}

const printsIt = (program: string): Suggestion =>
  hint(`check that '${program}' prints it when you run the command yourself`)

function whyFailed(program: string, { code, exitCode, signal, timedOut, isMaxBuffer, timeout }: FailedRun): Failure {
  const notStarted = whyNotStarted(program, { code })
  if (notStarted !== undefined) {
    const advice = `install '${program}', or write its path; crbus searches the folders of PATH, and does not expand ~`
    return { reason: notStarted, next: [code === 'ENOENT' ? hint(advice) : run(`chmod +x ${shellWord(program)}`)] }
  }
  if (isMaxBuffer) {
    return { reason: `'${program}' printed more than 1 MiB`, next: [hint('let it print the secret and nothing else')] }
  }
  if (timedOut) {
    const advice = 'unlock the password manager first, or use a program that ends without an answer'
    return { reason: `'${program}' did not end within ${timeout / 1000} s`, next: [hint(advice)] }
  }
  const reason = signal === undefined ? `'${program}' ended with exit code ${exitCode}` : `${signal} ended '${program}'`
  return { reason, next: [printsIt(program)] }
}

/** Explains that no shell runs, if the command looks like a line for a shell. Does not repeat it, because it may hold a secret. */
const shellAdvice = (args: readonly string[]): readonly Suggestion[] =>
  hasShellSyntax(args) ? [hint(`no shell interprets the command; for pipes and variables, write: "cmd:sh -c '…'"`)] : []
