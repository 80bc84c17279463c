import { advice } from '../../../bus/hints.ts'
import { EventStoreError, storeMismatch, storeUnavailable } from '../../errors.ts'
import { storeHints } from '../../hints.ts'
import { isAddedColumn } from '../../layout.ts'

// https://www.postgresql.org/docs/current/errcodes-appendix.html

/** Whether Postgres aborted the transaction because of a concurrent one, so that a retry may succeed. */
export const isLostRace = (error: unknown): boolean => ['40001', '40P01'].includes(codeOf(error) ?? '')

/** Whether a retry by another way may succeed: a concurrent write, a taken key, or a read-only default of transactions. */
export const isOvertaken = (error: unknown): boolean =>
  isLostRace(error) || ['23505', '25006'].includes(codeOf(error) ?? '')

/** Whether Postgres refused the data: invalid data, a limit, or a constraint or trigger of the tables. */
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
  if (code === '42P01') {
    return new EventStoreError('STORE_NOT_READY', `the event store at ${location} is not set up: ${message}`, {
      cause: error,
      hints: [storeHints.setUp()],
    })
  }
  if (code === '42703' && isAddedColumn(message)) {
    return new EventStoreError(
      'STORE_NOT_READY',
      `the event store at ${location} was set up by an earlier version of crbus: ${message}`,
      { cause: error, hints: [storeHints.addColumn()] },
    )
  }
  if (code === '42703' || code === '42P10' || code === '42804') {
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

/** Returns the message of an error. An error for several addresses of a host has no message, so its causes are joined. */
const messageOf = (error: unknown): string => {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(messageOf).join('; ')
  if (!(error instanceof Error)) return String(error)
  return error.message.includes('client password must be a string') ? 'it asks for a password' : error.message
}

const LOGIN = 'postgres://user:password@host/database with the right user and password'
const TLS = 'add ?sslmode=require to the address'

/** A prepared statement is missing or exists already, so statements ran on different connections of a pooler. */
const POOLER: readonly [string, string] = [
  'a connection pooler assigns connections by transaction, which prepared statements do not allow',
  'connect to the server directly, or set the pooler to session mode',
]

const reasons: Readonly<Record<string, readonly [reason: string, ...advice: string[]]>> = {
  '28P01': ['the user or the password is wrong', LOGIN],
  '28000': ['it refuses this user from this host, or without encryption', LOGIN, TLS],
  '3D000': ['the database does not exist', 'createdb, or name another database'],
  '42501': ['the user lacks a privilege', 'grant the user access to the tables, or use another user'],
  '53300': ['it has too many connections already', 'close others, or raise its max_connections'],
  '26000': POOLER,
  '42P05': POOLER,
  '25006': ['it is read-only: a standby, or a server with read-only transactions', 'name the primary server'],
}
