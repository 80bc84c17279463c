import { EventStoreError, storeMismatch, storeUnavailable } from '../../errors.ts'
import { isAddedColumn } from '../../layout.ts'

// https://www.postgresql.org/docs/current/errcodes-appendix.html

/** Somebody else's transaction was in the way and nothing was done: the same may work now. */
export const isLostRace = (error: unknown): boolean => ['40001', '40P01'].includes(codeOf(error) ?? '')

/** Refused for what others have written, or for how the server begins a transaction by itself: another attempt may go well. */
export const isOvertaken = (error: unknown): boolean =>
  isLostRace(error) || ['23505', '25006'].includes(codeOf(error) ?? '')

/** What was to be written is refused: bad data, a limit, a constraint or a trigger of the tables' owner. */
export const isBadData = (error: unknown): boolean => {
  const cause = error instanceof EventStoreError ? error.cause : error
  return /^(22|23|54|P0)/.test(codeOf(cause) ?? '')
}

const codeOf = (error: unknown): string | undefined => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}

/** Whatever Postgres or the way to it threw, as an `EventStoreError`. `location` holds no password. */
export function toStoreError(error: unknown, location: string): EventStoreError {
  if (error instanceof EventStoreError) return error
  const code = codeOf(error)
  const said = messageOf(error)
  if (code === '42P01') {
    return new EventStoreError('STORE_NOT_READY', `the event store at ${location} is not set up: ${said}`, {
      cause: error,
      suggestions: ['crbus store init'],
    })
  }
  if (code === '42703' && isAddedColumn(said)) {
    return new EventStoreError(
      'STORE_NOT_READY',
      `the event store at ${location} was set up by an earlier version of crbus: ${said}`,
      { cause: error, suggestions: ['crbus store init, which adds the column'] },
    )
  }
  if (code === '42703' || code === '42P10' || code === '42804') {
    const suggestions = ['crbus store init --dry-run says what differs']
    return storeMismatch(`a table of the event store at ${location} is another one: ${said}`, {
      cause: error,
      suggestions,
    })
  }
  const known = code === undefined ? undefined : reasons[code]
  const [reason, ...suggestions] = known ?? [said, 'check that it runs and that this machine may reach it']
  return storeUnavailable(`the event store at ${location} cannot be used: ${reason}`, { cause: error, suggestions })
}

/** A connection refused on every address of a name has no message but many causes. */
const messageOf = (error: unknown): string => {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(messageOf).join('; ')
  if (!(error instanceof Error)) return String(error)
  return error.message.includes('client password must be a string') ? 'it asks for a password' : error.message
}

const LOGIN = 'postgres://user:password@host/database with the right user and password'
const TLS = 'add ?sslmode=require to the address'

/** A prepared statement is not where it was made, or is where it was not: the connection is not always the same one. */
const SHARED: readonly [string, string] = [
  'a pooler in between shares its connections out by transaction',
  'go to the server itself, or have the pooler share them out by session',
]

const reasons: Readonly<Record<string, readonly [reason: string, ...suggestions: string[]]>> = {
  '28P01': ['the user or the password is wrong', LOGIN],
  '28000': ['it does not let this user in from here, or not without encryption', LOGIN, TLS],
  '3D000': ['there is no such database', 'createdb, or name another database'],
  '42501': ['this user may not do that', 'grant it the rights to the tables, or use another user'],
  '53300': ['it has too many connections already', 'close others, or raise its max_connections'],
  '26000': SHARED,
  '42P05': SHARED,
  '25006': ['it takes no writes: it is a standby, or its transactions are read-only', 'name the primary server'],
}
