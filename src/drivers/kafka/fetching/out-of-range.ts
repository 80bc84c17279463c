import type { KafkaCluster } from '../connection/cluster.ts'
import { offsetOf } from '../offsets.ts'
import { EARLIEST, LATEST } from '../protocol/list-offsets.ts'
import type { Cursor } from './cursor.ts'
import { pause } from './pause.ts'

/** How long an offset must be beyond the end before a reader restarts. Until then, a stale leader may report a shorter log. */
const BEYOND_END_GRACE_MS = 2000

/** What a reader does at an offset beyond the end: wait until the log reaches it, or restart at the oldest record. */
export type BeyondEnd = 'wait' | 'restart'

/** Moves a cursor whose offset is out of range: to the oldest record if its record was deleted, else as `beyondEnd` says. */
export async function relocate(cluster: KafkaCluster, cursor: Cursor, beyondEnd: BeyondEnd): Promise<void> {
  const { topic, next } = cursor
  const [start, end] = await Promise.all([
    offsetOf(cluster, cursor, { timestamp: EARLIEST, isolation: 'uncommitted' }),
    offsetOf(cluster, cursor, { timestamp: LATEST, isolation: 'uncommitted' }),
  ])
  if (next < start) cursor.next = start
  else if (next > end) {
    cursor.beyondSince ??= performance.now()
    const isCertain = performance.now() - cursor.beyondSince > BEYOND_END_GRACE_MS
    if (beyondEnd === 'restart' && isCertain) {
      cursor.next = start
      cursor.readTo = undefined
    } else {
      await pause()
      // Another broker may be the leader by now.
      await cluster.partitions(topic, 0)
    }
  }
}
