import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { withoutSecrets } from '../config/security/secrets/secret-variables.ts'
import { UsageError } from '../errors.ts'
import type { Context } from '../process/context.ts'
import { whyNotStarted } from '../process/why-not-started.ts'
import { hint } from '../suggestions.ts'

/** Returns the command line of the user's editor, as git finds it; `undefined` if the environment names none. */
export const editorOf = ({ VISUAL, EDITOR }: Context['env']): string | undefined => VISUAL || EDITOR || undefined

/**
 * Lets the user edit a text in an editor and returns the new text. The editor draws on stderr, because stdout carries the answer of
 * the command.
 */
export async function editText(
  text: string,
  editor: string,
  { env, cwd }: Pick<Context, 'env' | 'cwd'>,
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'crbus-'))
  try {
    const file = join(folder, 'event.json')
    writeFileSync(file, `${text}\n`, { mode: 0o600 })
    const [program = '', ...words] = editor.trim().split(/\s+/)
    const { error, status }: { error?: NodeJS.ErrnoException; status: number | null } = spawnSync(
      program,
      [...words, file],
      {
        cwd,
        env: withoutSecrets(env),
        stdio: ['inherit', 2, 2],
      },
    )
    if (error !== undefined || status !== 0) {
      const reason =
        error === undefined ? `it ended with exit code ${status}` : (whyNotStarted(program, error) ?? error.message)
      throw new UsageError(`cannot edit the data with ${editor}: ${reason}`, [
        hint('set EDITOR to the command of an editor'),
      ])
    }
    return readFileSync(file, 'utf8')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
