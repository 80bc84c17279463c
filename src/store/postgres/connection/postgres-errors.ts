import { advice } from '../../../bus/hints.ts'
import { networkCause } from '../../../bus/network/network-cause.ts'
import { EventStoreError, storeMismatch, storeUnavailable } from '../../errors.ts'
import { storeHints } from '../../hints.ts'
import { isAddedColumn } from '../../layout.ts'

// Error codes of Postgres: https://www.postgresql.org/docs/current/errcodes-appendix.html
const SERIALIZATION_FAILURE = '40001'
const DEADLOCK_DETECTED = '40P01'
const UNIQUE_VIOLATION = '23505'
const READ_ONLY_TRANSACTION = '25006'
const UNDEFINED_TABLE = '42P01'
const UNDEFINED_COLUMN = '42703'
const INVALID_COLUMN_REFERENCE = '42P10'
const DATATYPE_MISMATCH = '42804'

/** Whether Postgres aborted the transaction because of a concurrent one, so that a retry may succeed. */
export const isLostRace = (error: unknown): boolean =>
  [SERIALIZATION_FAILURE, DEADLOCK_DETECTED].includes(codeOf(error) ?? '')

/**
 * Whether the statement that writes commits at once failed for a reason that the transaction used otherwise can handle: a
 * concurrent write, a key that exists, or transactions that are read-only by default.
 */
export const mayWorkInTransaction = (error: unknown): boolean =>
  isLostRace(error) || [UNIQUE_VIOLATION, READ_ONLY_TRANSACTION].includes(codeOf(error) ?? '')

/** Whether Postgres refused the data: the classes of data exceptions, constraints, limits, and errors that triggers raise. */
export const isBadData = (error: unknown): boolean => {
  const cause = error instanceof EventStoreError ? error.cause : error
  return /^(22|23|54|P0)/.test(codeOf(cause) ?? '')
}

const codeOf = (error: unknown): string | undefined => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}

/** Converts an error of Postgres or of the connection to an `EventStoreError`. `location` contains no password. */
export function toStoreError(error: unknown, location: string): EventStoreError {
  if (error instanceof EventStoreError) return error
  const code = codeOf(error)
  const message = messageOf(error)
  if (code === UNDEFINED_TABLE) {
    return new EventStoreError('STORE_NOT_READY', `the event store at ${location} is not set up: ${message}`, {
      cause: error,
      hints: [storeHints.setUp()],
    })
  }
  if (code === UNDEFINED_COLUMN && isAddedColumn(message)) {
    return new EventStoreError(
      'STORE_NOT_READY',
      `the event store at ${location} was set up by an earlier version of crbus: ${message}`,
      { cause: error, hints: [storeHints.addColumn()] },
    )
  }
  if (code === UNDEFINED_COLUMN || code === INVALID_COLUMN_REFERENCE || code === DATATYPE_MISMATCH) {
    const hints = [storeHints.listDifferences()]
    return storeMismatch(`a table of the event store at ${location} has another layout: ${message}`, {
      cause: error,
      hints,
    })
  }
  const known = code === undefined ? undefined : reasons[code]
  const [reason, ...hints] = known ?? [message, 'check that the server runs and can be reached from here']
  return storeUnavailable(`the event store at ${location} cannot be used: ${reason}`, {
    cause: error,
    hints: hints.map(advice),
  })
}

/**
 * Returns in words what failed in the network, else the message of an error. Node's error for a host with several addresses has no
 * message, so its causes are joined.
 */
const messageOf = (error: unknown): string => {
  const cause = networkCause(error)
  if (cause !== undefined) return cause
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(messageOf).join('; ')
  if (!(error instanceof Error)) return String(error)
  return error.message.includes('client password must be a string') ? 'the server asks for a password' : error.message
}

const LOGIN = 'use postgres://user:password@host/database with the right user and password'
const TLS = 'add ?sslmode=require to the address'

/** For a prepared statement that is missing or exists already: a pooler has run statements on different connections. */
const POOLER: readonly [string, string] = [
  'a connection pooler assigns connections by transaction, which prepared statements do not allow',
  'connect to the server directly, or set the pooler to session mode',
]

/** The reasons of failures by error code, each with what to try next. */
const reasons: Readonly<Record<string, readonly [reason: string, ...advice: string[]]>> = {
  '28P01': ['the user or the password is wrong', LOGIN],
  '28000': ['the server refuses this user from this host, or without encryption', LOGIN, TLS],
  '3D000': ['the database does not exist', 'create the database with createdb, or use another one'],
  '42501': ['the user lacks a privilege', 'grant the user access to the tables, or use another user'],
  '53300': ['the server has too many connections', 'close other connections, or raise max_connections of the server'],
  '26000': POOLER,
  '42P05': POOLER,
  [READ_ONLY_TRANSACTION]: [
    'the server is a standby or allows only read-only transactions',
    'use the address of the primary server',
  ],
}
