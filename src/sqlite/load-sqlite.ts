import node from 'node:process'
import type { DatabaseSync, DatabaseSyncOptions } from 'node:sqlite'
import { type MissingFeatures, polyfillOlderNode, probe } from './older-node.ts'

type Sqlite = typeof import('node:sqlite')

let loaded: Sqlite | undefined
let missingFeatures: MissingFeatures | undefined

/**
 * Opens a database with `node:sqlite`. The module is loaded by the first call, so a service that uses only Kafka never loads it.
 * The database behaves the same on every supported version of Node; see {@link polyfillOlderNode}.
 *
 * Throws an `Error` if the runtime has no `node:sqlite`.
 */
export function openSqlite(path: string | URL, options: DatabaseSyncOptions = {}): DatabaseSync {
  loaded ??= load()
  missingFeatures ??= probeInMemory(loaded)
  return polyfillOlderNode(new loaded.DatabaseSync(path, options), missingFeatures)
}

/** Probes a database in memory, because probing the file fails while another process locks it. */
function probeInMemory({ DatabaseSync }: Sqlite): MissingFeatures {
  const database = new DatabaseSync(':memory:')
  try {
    return probe(database)
  } finally {
    database.close()
  }
}

/**
 * Loads the module without Node 22's warning that SQLite is experimental. Loading is synchronous, so no other code can emit a
 * warning meanwhile; other warnings of the module are passed on.
 */
function load(): Sqlite {
  const { emitWarning } = node
  node.emitWarning = (...args: unknown[]) => {
    if (!String(args[0]).startsWith('SQLite is an experimental feature')) Reflect.apply(emitWarning, node, args)
  }
  let sqlite: Sqlite | undefined
  try {
    sqlite = node.getBuiltinModule?.('node:sqlite')
  } finally {
    node.emitWarning = emitWarning
  }
  if (sqlite === undefined) throw new Error(unsupportedRuntime())
  return sqlite
}

function unsupportedRuntime(): string {
  const { bun, deno } = node.versions
  const runtime = bun ? `Bun ${bun}` : deno ? `Deno ${deno}` : `Node ${node.versions.node}`
  return `${runtime} has no node:sqlite, which the embedded bus and the SQLite store need: use Node 22.15 or newer`
}
