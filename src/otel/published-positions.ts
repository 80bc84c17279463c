import type { PublishMessage } from '../bus/diagnostics.ts'
import type { AppendError } from '../bus/errors.ts'
import type { Position } from '../bus/record.ts'

/**
 * Returns the positions of the events of a finished `publish`; `undefined` for each event that was not published. A partial
 * failure is recognized by its fields and not by its class, because the error may come from another copy of crbus.
 */
export function publishedPositions({ result, error }: PublishMessage): readonly (Position | undefined)[] {
  if (error === undefined) return result ?? []
  return (error as Partial<AppendError> | null)?.append?.positions ?? []
}
