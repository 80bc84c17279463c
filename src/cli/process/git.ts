import { spawnSync } from 'node:child_process'

export type GitAnswer = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string }

/** Larger than any listing of a repository's files. */
const MOST_BYTES = 2 ** 28

/** Asks git, in a folder. It is waited for: who follows `mod` through a revision needs one file to know the next. */
export function runGit(args: readonly string[], cwd: string): GitAnswer {
  const { status, stdout, stderr, error } = spawnSync('git', args, { cwd, encoding: 'utf8', maxBuffer: MOST_BYTES })
  if (status === 0) return { ok: true, text: stdout }
  const missing = (error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT'
  return { ok: false, reason: missing ? 'git is not installed' : stderr.trim() || `${error?.message ?? 'git failed'}` }
}
