import type { OutboxDepth } from './event-store.ts'

/** What waits in an event store, for all owners. */
export interface StoreBacklog {
  /** When it was read, by the store's clock. */
  readonly now: Date
  /** The owners that have messages or due timers, in the order of their names' bytes. */
  readonly owners: readonly OwnerBacklog[]
  /** The open dead letters of events that could not be handled or published. */
  readonly failed: OpenDeadLetters
  /** The open dead letters of commands that their aggregates rejected. */
  readonly rejected: OpenDeadLetters
}

/** What waits for one owner, and which process may publish it. */
export interface OwnerBacklog {
  readonly owner: string
  /** The messages that are not published yet. */
  readonly outbox: OutboxDepth
  /** The timers whose time has come and that have not fired. */
  readonly due: DueTimers
  /** Who holds the lease of the outbox: see `Outbox.lease`. */
  readonly lease: LeaseState
}

/** The number of due timers. */
interface DueTimers {
  readonly timers: number
  /** When the first of them was due; absent without a due timer. */
  readonly earliest?: Date | undefined
}

/** The number of open dead letters. */
export interface OpenDeadLetters {
  readonly count: number
  /** When the oldest was stored; absent without an open dead letter. */
  readonly oldest?: Date | undefined
}

/** `unknown`: this system does not tell who holds a lock on a file. */
export type LeaseState = { readonly state: 'free' | 'unknown' } | ({ readonly state: 'held' } & LeaseHolder)

/** The process that holds a lease. */
export interface LeaseHolder {
  /** The id of the process: of the server process of its connection on Postgres, of the process itself for a SQLite file. */
  readonly processId: number
  /** The application name of its connection, if the user may see it. Postgres only, as is `host`. */
  readonly application?: string | undefined
  /** The IP address of its machine, if the user may see it; absent for a connection by a local socket. */
  readonly host?: string | undefined
}

/** The columns that both stores select, with times as texts. */
export interface BacklogRow {
  readonly owner: string
  readonly messages: number | string | null
  readonly oldest: string | null
  readonly timers: number | string | null
  readonly earliest: string | null
}

export interface TallyRow {
  readonly count: number | string
  readonly oldest: string | null
}

const toDate = (time: string | null): Date | undefined => (time === null ? undefined : new Date(time))

export const toOwnerBacklog = (row: BacklogRow, lease: LeaseState): OwnerBacklog => ({
  owner: row.owner,
  outbox: { messages: Number(row.messages), oldest: toDate(row.oldest) },
  due: { timers: Number(row.timers), earliest: toDate(row.earliest) },
  lease,
})

export const toOpenDeadLetters = (row: TallyRow | undefined): OpenDeadLetters => ({
  count: Number(row?.count ?? 0),
  oldest: toDate(row?.oldest ?? null),
})
