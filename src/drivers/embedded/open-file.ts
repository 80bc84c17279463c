import type { DatabaseSync } from 'node:sqlite'
import { Changes } from './changes.ts'
import { FileIdentity } from './file-identity.ts'
import { RecordScanner } from './record-scanner.ts'
import { EmbeddedTopics } from './topics.ts'

/** An open bus file, and the objects that its log, administration and members share. */
export interface OpenFile {
  /** The path by which errors name the file. */
  readonly path: string
  readonly database: DatabaseSync
  readonly changes: Changes
  readonly identity: FileIdentity
  readonly topics: EmbeddedTopics
  readonly scanner: RecordScanner
}

/** Creates the shared objects of an open file. `createTopics`: whether publishing and subscribing create missing topics. */
export const toOpenFile = (database: DatabaseSync, path: string, createTopics: boolean): OpenFile => ({
  path,
  database,
  changes: new Changes(database),
  identity: new FileIdentity(path),
  topics: new EmbeddedTopics(database, path, createTopics),
  scanner: new RecordScanner(database, path),
})
