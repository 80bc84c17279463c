import type { Context } from '../process/context.ts'

/**
 * Whether the user can be asked for values that the command line lacks: on a terminal, and not in a script that has answered all
 * questions with a flag, nor in CI, which may have a terminal without a person at it.
 */
export function canPick({ io, env }: Pick<Context, 'io' | 'env'>, argv: readonly string[]): boolean {
  if (!io.stdin.isTTY || !io.stderr.isTTY || env.CI) return false
  const end = argv.indexOf('--')
  const words = end === -1 ? argv : argv.slice(0, end)
  return !words.some((word) => ['--json', '--yes', '-y', '--help', '-h'].includes(word))
}
