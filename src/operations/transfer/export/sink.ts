import type { EventView } from '../../events/event-view.ts'

/** Writes the records of an export in a format. */
export interface ExportSink {
  add(views: readonly EventView[]): Promise<void>
  /** Writes the rest. `complete` is false if the export was interrupted. */
  finish(complete: boolean): Promise<void>
}

/** A file, or a pipe, that an export is written to. */
export interface ExportOutput {
  write(parts: readonly Uint8Array[]): Promise<void>
  close(): Promise<void>
  /** The size of a file after which the export continues in the next one. Absent: no limit. */
  readonly limit?: number | undefined
  /** Opens the file with a number, from 1. */
  next(part: number): Promise<ExportOutput>
}
