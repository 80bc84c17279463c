import { refuseSpecial, whyUnreadable } from '../../../files/cause.ts'
import { readAtMost } from '../../../files/read-at-most.ts'
import { UsageError } from '../../errors.ts'
import { hint, run } from '../../suggestions.ts'
import type { ConfigSurroundings } from '../config.ts'
import { type Secret, shownSecret } from './secret.ts'
import { withoutSecrets } from './secret-variables.ts'

/** How long a program may take to print a secret. Long enough for a person to unlock a password manager. */
const COMMAND_TIMEOUT_MS = 30_000

/** The longest secret that is read. A chain of certificates takes a tenth of this. */
const MAX_SECRET_BYTES = 1024 * 1024

/**
 * Reads the value behind a reference, without the line break at its end. `what` names it in errors: `the password`. Throws a
 * `UsageError` that names the reference and never the value.
 */
export async function readSecret(secret: Secret, what: string, env: ConfigSurroundings['env']): Promise<string> {
  const value = await readValue(secret, what, env)
  if (value === '') throw new UsageError(`${what} from ${shownSecret(secret)} is empty`)
  return value
}

async function readValue(secret: Secret, what: string, env: ConfigSurroundings['env']): Promise<string> {
  switch (secret.kind) {
    case 'plain':
      return secret.value
    case 'env': {
      const value = env[secret.variable]
      if (value === undefined) throw new UsageError(`${what} cannot be read: ${secret.variable} is not set`)
      return value
    }
    case 'file':
      return withoutLineEnd(decode(readBytes(secret.path, what), secret.path, what))
    case 'command':
      return withoutLineEnd(await outputOf(secret.words, what, env))
    case 'keyring':
      return readKeyring(secret, what)
  }
}

/** Reads a file, such as a PKCS #12 store, as bytes. */
export function readBytes(path: string, what: string): Buffer {
  try {
    refuseSpecial(path)
    const bytes = readAtMost(path, MAX_SECRET_BYTES + 1)
    if (bytes.length > MAX_SECRET_BYTES) throw new UsageError(`${what} cannot be read: ${path} is larger than 1 MiB`)
    return bytes
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`${what} cannot be read: ${path}: ${whyUnreadable(error, path)}`)
  }
}

/** Decodes UTF-8, without a byte order mark. Windows PowerShell writes UTF-16 with `>`. */
function decode(bytes: Buffer, path: string, what: string): string {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    throw new UsageError(`${what} cannot be read: ${path} is in UTF-16`, [hint('save the file in UTF-8')])
  }
  return bytes.toString('utf8').replace(/^\ufeff/, '')
}

const withoutLineEnd = (text: string): string => text.replace(/\r?\n$/, '')

/**
 * Runs a program without a shell and resolves with its output. On a terminal, it inherits stdin and stderr, so that it can ask the
 * user. Otherwise its stderr is dropped: it may repeat the secret, and would end in a log. Its output is never repeated in an error.
 */
async function outputOf(
  [program, ...args]: readonly [string, ...string[]],
  what: string,
  env: ConfigSurroundings['env'],
): Promise<string> {
  const { execa } = await import('execa')
  const result = await execa(program, args, {
    env: withoutSecrets(env),
    extendEnv: false,
    stdin: 'inherit',
    stderr: process.stderr.isTTY ? 'inherit' : 'ignore',
    timeout: COMMAND_TIMEOUT_MS,
    maxBuffer: MAX_SECRET_BYTES,
    stripFinalNewline: false,
    reject: false,
  })
  if (!result.failed) return result.stdout
  throw new UsageError(`${what} cannot be read: ${whyFailed(program, result)}`, [
    hint(`check that '${program}' prints it when you run the command yourself`),
  ])
}

interface FailedRun {
  readonly code?: string | undefined
  readonly exitCode?: number | undefined
  readonly signal?: string | undefined
  readonly timedOut: boolean
  readonly isMaxBuffer: boolean
}

function whyFailed(program: string, { code, exitCode, signal, timedOut, isMaxBuffer }: FailedRun): string {
  if (code === 'ENOENT') return `there is no program '${program}'`
  if (code === 'EACCES') return `'${program}' is not executable`
  if (isMaxBuffer) return `'${program}' printed more than 1 MiB`
  if (timedOut) return `'${program}' did not end within ${COMMAND_TIMEOUT_MS / 1000} s`
  return signal === undefined ? `'${program}' ended with exit code ${exitCode}` : `${signal} ended '${program}'`
}

/** The part of `@napi-rs/keyring` that is used. */
interface Keyring {
  readonly Entry: new (service: string, account: string) => { getPassword(): string | null }
}

/** The optional package that reads the keyrings of macOS, Windows and Linux. */
const KEYRING_PACKAGE = '@napi-rs/keyring'

async function readKeyring({ service, account }: Extract<Secret, { kind: 'keyring' }>, what: string): Promise<string> {
  let keyring: Keyring
  try {
    keyring = await import(KEYRING_PACKAGE)
  } catch {
    throw new UsageError(`${what} cannot be read: the keyring needs the package ${KEYRING_PACKAGE}`, [
      run(`npm install --global ${KEYRING_PACKAGE}`),
    ])
  }
  let value: string | null
  try {
    value = new keyring.Entry(service, account).getPassword()
  } catch (error) {
    throw new UsageError(`${what} cannot be read from the keyring: ${(error as Error).message}`)
  }
  if (value === null) throw new UsageError(`the keyring has no entry ${service}/${account}, which should hold ${what}`)
  return value
}
