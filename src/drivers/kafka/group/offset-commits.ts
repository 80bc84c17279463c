import type { TopicPartition } from '../../../bus/admin.ts'
import type { GroupSession } from './group-session.ts'

/** The delay between an acknowledgement and its commit. */
const COMMIT_INTERVAL_MS = 200
/** The delay before a failed commit is retried. */
const COMMIT_RETRY_MS = 1000

/** The offsets of one partition that this member owns. */
export interface PartitionProgress extends TopicPartition {
  /** The next offset to commit. */
  acknowledged: bigint
  /** The offset that was committed last. */
  committed: bigint
}

/** Commits the acknowledged offsets of a member, one request at a time, until `stop`. */
export class OffsetCommits {
  readonly #session: GroupSession
  readonly #owned: () => Iterable<PartitionProgress>
  #timer: NodeJS.Timeout | undefined
  #lastCommit: Promise<void> = Promise.resolve()
  #isScheduling = true
  #isStopped = false

  /** `owned` returns the partitions that the member owns at the moment. */
  constructor(session: GroupSession, owned: () => Iterable<PartitionProgress>) {
    this.#session = session
    this.#owned = owned
  }

  /** Whether an acknowledged offset is not committed yet. */
  get isPending(): boolean {
    return this.#pending().length > 0
  }

  /** Commits after a pause in milliseconds, including the offsets that are acknowledged during the pause. */
  schedule(pause = COMMIT_INTERVAL_MS): void {
    if (!this.#isScheduling) return
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      void this.commit()
    }, pause)
  }

  /** Commits the offsets acknowledged since the last commit. If that fails, retries later; after `stop`, rejects instead. */
  commit(): Promise<void> {
    this.#lastCommit = this.#lastCommit.then(
      () => this.#commitNow(),
      () => this.#commitNow(),
    )
    if (this.#isStopped) return this.#lastCommit
    // An idle consumer triggers no further commit; without a retry the group would appear to lag.
    return this.#lastCommit.catch(() => this.schedule(COMMIT_RETRY_MS))
  }

  /** Schedules no more commits. A commit that is already scheduled still runs. */
  stopScheduling(): void {
    this.#isScheduling = false
  }

  /** Cancels the scheduled commit, because the caller makes the last commit itself. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#isScheduling = false
    this.#isStopped = true
  }

  async #commitNow(): Promise<void> {
    const sent = this.#pending().map((progress) => ({ progress, offset: progress.acknowledged }))
    await this.#session.commit(sent.map(({ progress: { topic, partition }, offset }) => ({ topic, partition, offset })))
    for (const { progress, offset } of sent) progress.committed = offset
  }

  #pending(): PartitionProgress[] {
    return [...this.#owned()].filter(({ acknowledged, committed }) => acknowledged !== committed)
  }
}
