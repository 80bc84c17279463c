import type { CommonFlags } from './common-flags.ts'

// How a failure is reported.

/** Returns the examples of a command, as the user types them. */
export const examplesOf = ({ examples = [] }: { readonly examples?: readonly unknown[] }): readonly string[] =>
  examples.filter((one) => typeof one === 'string').map((one) => one.replaceAll('<%= config.bin %>', 'crbus'))

/** Reads the flags that say how to report a failure, for a command line that does not parse. */
export function reportingFlags(argv: readonly string[]): CommonFlags {
  const end = argv.indexOf('--')
  const words = end === -1 ? argv : argv.slice(0, end)
  return { json: words.includes('--json'), debug: words.includes('--debug') }
}

/** Formats an error with its stack, and its causes with theirs. */
export function formatCauses(error: unknown): string {
  const causes: string[] = []
  for (let cause = error; cause instanceof Error; cause = cause.cause) causes.push(cause.stack ?? cause.message)
  return causes.join('\ncaused by ')
}
