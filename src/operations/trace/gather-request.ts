import type { EventStore } from '../../store/event-store.ts'
import type { Reading } from '../events/event-view.ts'
import type { SkippedRange } from '../events/skip-unreadable.ts'
import type { SliceNote } from '../offsets/resolve-slices.ts'
import type { TailNotice } from '../tail/notices.ts'

/** Which conversation to gather, and where to look for it. */
export interface GatherRequest extends SearchRequest {
  readonly correlationId: string
  /** Maximum number of messages to keep in memory. */
  readonly limit: number
  readonly reading: Reading
  /** The path of the index of events. Absent, or without such a file: the topics are read completely. */
  readonly indexPath?: string | undefined
  /** The event store, for its dead letters and the timers of its sagas. Absent: only what is on topics is found. */
  readonly store?: Pick<EventStore, 'deadLetters' | 'readStreams'> | undefined
}

/** Which topics to search, and from when on. */
export interface SearchRequest {
  /** Names and globs. Absent: the topics of events, commands and dead letters. */
  readonly topics?: readonly string[] | undefined
  /** Only records from this time on, in milliseconds. Absent: all. */
  readonly since?: number | undefined
  readonly signal: AbortSignal
  readonly onNotice: (notice: GatherNotice) => void
  /** Called after each batch, with the offsets that were read so far and those of the whole search. */
  readonly onProgress?: ((read: number, total: number) => void) | undefined
}

/** What the search left out. src/ui/trace/notices.ts has the sentence for each code. */
export type GatherNotice =
  | SliceNote
  /** Records that cannot be read were skipped. */
  | ({ readonly code: 'unreadable-skipped' } & SkippedRange)
  /** More messages than the limit have the correlation id. */
  | { readonly code: 'limit-reached'; readonly limit: number }
  /** The messages take too much memory. */
  | { readonly code: 'too-large'; readonly bytes: number }
  | Extract<TailNotice, { readonly code: 'index-used' | 'index-unusable' }>
  /** Messages without the correlation id were not searched for, because too many records were published meanwhile. */
  | { readonly code: 'links-not-searched'; readonly offsets: number }
