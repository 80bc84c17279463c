import { EventBusError, transportError } from '../../../bus/errors.ts'
import { sleep } from '../../../bus/time/sleep.ts'
import type { KafkaCluster } from '../connection/cluster.ts'
import { triedFor } from '../connection/tried-for.ts'

/**
 * How long to wait until all brokers know a change that the controller has confirmed. Usually this takes milliseconds, but more
 * than 5 s were measured on a machine with a busy disk.
 */
const PROPAGATION_TIMEOUT_MS = 30_000
/** The pause between two checks whether the brokers know a change. */
const POLL_MS = 20

/**
 * Waits until the brokers know a change: the controller tells them one after another. Throws an error with `message` if that
 * takes longer than the limit. A broker that does not know the topic is retried too, because the controller has confirmed the
 * topic.
 */
export async function until(cluster: KafkaCluster, message: string, isKnown: () => Promise<boolean>): Promise<void> {
  const limit = Math.max(cluster.options.timeout, PROPAGATION_TIMEOUT_MS)
  const start = performance.now()
  for (;;) {
    const tried = performance.now() - start
    try {
      if (await isKnown()) return
    } catch (error) {
      const isMissing = error instanceof EventBusError && error.code === 'TOPIC_NOT_FOUND'
      if (!isMissing) throw error
    }
    const isLate = tried > limit
    if (isLate) throw triedFor(transportError(message), tried, limit, true)
    await sleep(POLL_MS)
  }
}
