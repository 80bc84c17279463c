import { EventBusError } from '../bus/errors.ts'
import { causeOf, isDiskFull } from './cause.ts'

/**
 * Creates the `REFUSED` error (exit code 6) for a file that cannot be created or written. The message begins with `what` and
 * the path ("the undo file /x/undo.json"); `elsewhere` are suggestions that name another path.
 */
export function fileRefused(what: string, path: string, error: unknown, elsewhere: readonly string[]): EventBusError {
  const suggestions = isDiskFull(error) ? ['make room on the disk', ...elsewhere] : elsewhere
  return new EventBusError('REFUSED', `${what} ${path} cannot be written: ${causeOf(error, path)}`, {
    suggestions,
    cause: error,
  })
}
