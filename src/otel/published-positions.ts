import type { PublishMessage } from '../bus/diagnostics.ts'
import type { AppendError } from '../bus/errors.ts'
import type { Position } from '../bus/record.ts'

/**
 * Where the events of a `publish` that ended are; `undefined` for those that were not published. After a partial failure, the
 * published events have positions. Told by its fields and not by its class, which another copy of crbus has too.
 */
export function publishedPositions({ result, error }: PublishMessage): readonly (Position | undefined)[] {
  if (error === undefined) return result ?? []
  return (error as Partial<AppendError> | null)?.append?.positions ?? []
}
