import { connectionFailed } from '../../bus/errors.ts'
import { advice } from '../../bus/hints.ts'
import { inodeOf } from './database.ts'

/** The interval at which waiting readers check that their file is still the one at its path. */
export const FILE_CHECK_MS = 1000

/** Remembers which file was opened at a path. Records appended to a file that replaces it would never be seen. */
export class FileIdentity {
  readonly #path: string
  /** Absent for a database in memory. */
  readonly #inode: bigint | undefined
  #checkedAt = performance.now()

  /** The file at the path must be open already. */
  constructor(path: string) {
    this.#path = path
    this.#inode = inodeOf(path)
  }

  /** Throws if the file was removed or replaced. Checks at most once a second. */
  requireUnchanged(): void {
    const now = performance.now()
    if (now - this.#checkedAt < FILE_CHECK_MS) return
    this.#checkedAt = now
    if (this.#inode === undefined || inodeOf(this.#path) === this.#inode) return
    throw connectionFailed(`the file of the embedded bus, ${this.#path}, was removed or replaced while it was open`, {
      hints: [advice('open the bus again')],
      isPassing: false,
    })
  }
}
