import type { Answers } from '../model.ts'
import type { SourceFiles } from './crates/packages.ts'

/** The options of a schema import. */
export interface ImportRequest {
  /** Crates (folders with a Cargo.toml), workspaces, folders of source, or files. */
  readonly paths: readonly string[]
  readonly files: SourceFiles
  /** The type that the service serializes, by name or path: `OrderEvent`, `crate::orders::OrderEvent`, `Event<crate::Order>`. */
  readonly root?: string | undefined
  /** The topic of the schema. By default, the import derives the topic from the source. */
  readonly topic?: string | undefined
  /** The user's answers to questions of the import. */
  readonly answers?: Answers | undefined
}
