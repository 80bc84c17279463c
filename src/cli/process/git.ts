import { spawnSync } from 'node:child_process'

export type GitAnswer = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string }

/** The most output to read, larger than the file listing of any repository. */
const MAX_OUTPUT_BYTES = 2 ** 28

/** Runs git in a folder and waits for it. Synchronous, since following `mod` needs each file before the next one. */
export function runGit(args: readonly string[], cwd: string): GitAnswer {
  const { status, stdout, stderr, error } = spawnSync('git', args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: MAX_OUTPUT_BYTES,
  })
  if (status === 0) return { ok: true, text: stdout }
  const missing = (error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT'
  return { ok: false, reason: missing ? 'git is not installed' : stderr.trim() || `${error?.message ?? 'git failed'}` }
}
