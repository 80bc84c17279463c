import { connectionFailed } from '../../bus/errors.ts'
import { advice } from '../../bus/hints.ts'
import { inodeOf } from './database.ts'

/** How often a waiting reader checks that the open file is still at its path. */
export const FILE_CHECK_MS = 1000

/** Detects that an open file was removed or replaced. A reader would never see the records in the file that replaced it. */
export class FileIdentity {
  readonly #path: string
  /** `undefined` for a database in memory. */
  readonly #inode: bigint | undefined
  #checkedAt = performance.now()

  /** Remembers the file at the path, which must be open already. */
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
