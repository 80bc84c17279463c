import { UsageError } from '../../../errors.ts'
import { hint } from '../../../suggestions.ts'
import type { ConfigSurroundings } from '../../config.ts'
import { outputOf } from './command-secret.ts'
import { CORRECT_PATH, readText } from './file-secret.ts'
import { readKeyring } from './keyring-secret.ts'
import type { Secret } from './secret.ts'
import { setVariable } from './set-variable.ts'

/**
 * Reads the value behind a reference, without the line break at its end. `what` names it in errors: `the password`. Throws a
 * `UsageError` that names the reference and never the value.
 */
export async function readSecret(secret: Secret, what: string, env: ConfigSurroundings['env']): Promise<string> {
  switch (secret.kind) {
    case 'plain':
      if (secret.value !== '') return secret.value
      throw new UsageError(`${what} is empty`, [hint('"crbus config" shows where it comes from')])
    case 'env':
      return readVariable(secret.variable, what, env)
    case 'file': {
      const value = withoutLineEnd(readText(secret.path, what))
      if (value !== '') return value
      throw new UsageError(`${what} cannot be read: ${secret.path} is empty`, [CORRECT_PATH])
    }
    case 'command':
      return withoutLineEnd(await outputOf(secret.words, what, env))
    case 'keyring':
      return readKeyring(secret, what)
  }
}

const withoutLineEnd = (text: string): string => text.replace(/\r?\n$/, '')

function readVariable(variable: string, what: string, env: ConfigSurroundings['env']): string {
  const value = env[variable]
  if (value) return value
  const problem = value === undefined ? 'is not set' : 'is empty'
  throw new UsageError(
    `${what} cannot be read: the environment variable ${variable} ${problem}`,
    setVariable(variable, env),
  )
}
