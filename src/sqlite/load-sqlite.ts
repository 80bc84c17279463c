import node from 'node:process'
import type { DatabaseSync, DatabaseSyncOptions } from 'node:sqlite'
import { type Lacks, probe, suitOlderNode } from './older-node.ts'

type Sqlite = typeof import('node:sqlite')

let loaded: Sqlite | undefined
let lacks: Lacks | undefined

/**
 * Opens a database by `node:sqlite`, which is loaded by the first call: a service that uses only Kafka never pays for it.
 * The database behaves the same on every supported Node, see {@link suitOlderNode}.
 *
 * Throws an `Error` where the runtime has no `node:sqlite`.
 */
export function openSqlite(path: string | URL, options: DatabaseSyncOptions = {}): DatabaseSync {
  loaded ??= load()
  lacks ??= probeInMemory(loaded)
  return suitOlderNode(new loaded.DatabaseSync(path, options), lacks)
}

/** Probes a database of its own: a file that another process keeps to itself would fail even to be probed. */
function probeInMemory({ DatabaseSync }: Sqlite): Lacks {
  const database = new DatabaseSync(':memory:')
  try {
    return probe(database)
  } finally {
    database.close()
  }
}

/**
 * Node 22 warns on standard error that SQLite is experimental when the module loads. Only that warning is left out: loading
 * is synchronous, so no other code can warn meanwhile, and any other warning of the module itself is passed on.
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
  if (sqlite === undefined) throw new Error(missing())
  return sqlite
}

function missing(): string {
  const { bun, deno } = node.versions
  const runtime = bun ? `Bun ${bun}` : deno ? `Deno ${deno}` : `Node ${node.versions.node}`
  return `${runtime} has no node:sqlite, on which the embedded bus and the SQLite store rest: run on Node 22.15 or newer`
}
