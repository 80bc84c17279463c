import { causeAfterPath, isMissing, refuseSpecial } from '../../../../files/cause.ts'
import { readAtMost } from '../../../../files/read-at-most.ts'
import { UsageError } from '../../../errors.ts'
import { hint, run, type Suggestion, shellWord } from '../../../suggestions.ts'

/** The longest secret that is read. A chain of certificates takes a tenth of this. */
export const MAX_SECRET_BYTES = 1024 * 1024

/** The advice for a path of a setting that is wrong. */
export const CORRECT_PATH: Suggestion = hint('correct the path; "crbus config" shows where the setting comes from')

/**
 * Reads a small file, such as one with a password or a PKCS #12 store, as bytes. `what` names its content in errors, and `advice`
 * says what to do about a path that is wrong.
 */
export function readBytes(path: string, what: string, advice: Suggestion = CORRECT_PATH): Buffer {
  try {
    refuseSpecial(path)
    const bytes = readAtMost(path, MAX_SECRET_BYTES + 1)
    if (bytes.length > MAX_SECRET_BYTES) {
      throw new UsageError(`${what} cannot be read: ${path} is larger than 1 MiB`, [advice])
    }
    return bytes
  } catch (error) {
    if (error instanceof UsageError) throw error
    const mayNotRead = ['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')
    throw new UsageError(
      `${what} cannot be read: ${whyUnreadable(path, error)}`,
      mayNotRead ? [run(`ls -l ${shellWord(path)}`, 'shows who may read it'), advice] : [advice],
    )
  }
}

/** Reads a small file as UTF-8, without a byte order mark. Windows PowerShell writes UTF-16 with `>`. */
export function readText(path: string, what: string): string {
  const bytes = readBytes(path, what)
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    throw new UsageError(`${what} cannot be read: ${path} is in UTF-16`, [hint('save the file in UTF-8')])
  }
  return bytes.toString('utf8').replace(/^\ufeff/, '')
}

/** Describes why a file cannot be read, in words that begin with its path. */
export const whyUnreadable = (path: string, error: unknown): string =>
  isMissing(error, path) ? `${path} does not exist` : `${path}: ${causeAfterPath(error, path)}`
