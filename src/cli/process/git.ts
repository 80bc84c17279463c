import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { withoutSecrets } from '../config/security/secrets/secret-variables.ts'

/** The output of git, or why it failed. */
export type GitAnswer = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string }

/** The most output to read. The list of files of a repository stays far below it. */
const MAX_OUTPUT_BYTES = 2 ** 28

/**
 * Runs git in a folder and waits for it. Synchronous, because following Rust `mod` declarations needs the content of one file
 * to find the next.
 */
export function runGit(args: readonly string[], cwd: string): GitAnswer {
  const { status, stdout, stderr, error } = spawnSync('git', args, {
    cwd,
    env: withoutSecrets(process.env),
    encoding: 'utf8',
    maxBuffer: MAX_OUTPUT_BYTES,
  })
  if (status === 0) return { ok: true, text: stdout }
  if (error !== undefined) return { ok: false, reason: whyNotRun(error, cwd) }
  return { ok: false, reason: stderr.trim() || 'git failed' }
}

/** Explains why git did not run to its end. The system reports ENOENT for a missing program and for a missing `cwd`. */
function whyNotRun({ code, message }: NodeJS.ErrnoException, cwd: string): string {
  if (code !== 'ENOENT') return `cannot run git: ${message}`
  return existsSync(cwd) ? 'git is not installed' : `the folder ${cwd} does not exist`
}
