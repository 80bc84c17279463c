import { EventBusError } from '../bus/errors.ts'
import { advice, type Hint } from '../bus/hints.ts'
import { causeAfterPath, isDiskFull } from './cause.ts'

/**
 * Creates the `REFUSED` error (exit code 6) for a file that cannot be created or written.
 *
 * @param what The kind of file. The message begins with it and the path: "the undo file /x/undo.json cannot be written".
 * @param elsewhere Hints that suggest another path.
 */
export function fileRefused(what: string, path: string, error: unknown, elsewhere: readonly Hint[]): EventBusError {
  const hints = isDiskFull(error) ? [advice('make room on the disk'), ...elsewhere] : elsewhere
  return new EventBusError('REFUSED', `${what} ${path} cannot be written: ${causeAfterPath(error, path)}`, {
    hints,
    cause: error,
  })
}
