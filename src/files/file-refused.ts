import { EventBusError } from '../bus/errors.ts'
import { causeOf, isDiskFull } from './cause.ts'

/**
 * The refusal of a change because a file cannot be made or written: exit code 6. The message begins with `what` and the
 * path ("the undo file /x/undo.json"); `elsewhere` says how to name another place.
 */
export function fileRefused(what: string, path: string, error: unknown, elsewhere: readonly string[]): EventBusError {
  const suggestions = isDiskFull(error) ? ['make room on the disk', ...elsewhere] : elsewhere
  return new EventBusError('REFUSED', `${what} ${path} cannot be written: ${causeOf(error, path)}`, {
    suggestions,
    cause: error,
  })
}
