import type { CommittedOffset } from '../../../bus/admin.ts'
import { comparePartitions } from '../../../bus/compare.ts'
import type { KafkaCluster } from '../connection/cluster.ts'
import { protocolFailure, type WireConnection } from '../connection/wire.ts'
import { isNoGroup } from '../kafka-errors.ts'
import { ask } from '../protocol/api.ts'
import { type FetchedOffsets, offsetFetchApi, offsetFetchManyApi } from '../protocol/committed-offsets.ts'

/** Returns the committed offsets of a group, of all topics or of `topics` only, sorted by topic and partition. */
export async function committedOffsets(
  cluster: KafkaCluster,
  group: string,
  topics?: readonly string[],
): Promise<readonly CommittedOffset[]> {
  return cluster.retrying({ group }, async () => {
    const [found] = await cluster.coordinators([group])
    if (found === undefined) return []
    const [fetched] = await fetchOffsets(cluster, await cluster.broker(found.coordinator.id), [group])
    return fetched === undefined ? [] : toPositions(fetched, topics)
  })
}

/**
 * Requests the committed offsets of groups that one broker coordinates: with one request, or with one for each group if the
 * broker does not support requests for several groups.
 */
export async function fetchOffsets(
  cluster: KafkaCluster,
  broker: WireConnection,
  groups: readonly string[],
): Promise<readonly FetchedOffsets[]> {
  const found = await cluster.askNewer(broker, offsetFetchManyApi, groups)
  const known = new Set(found.map(({ group }) => group))
  const rest = groups.filter((group) => !known.has(group))
  const others = rest.map(async (group) => ({
    group,
    ...(await ask(broker, offsetFetchApi, { group, partitions: null })),
  }))
  return [...found, ...(await Promise.all(others))]
}

/**
 * Returns the offsets in an answer, sorted by topic and partition; empty for an unknown group. Throws the error in the answer.
 */
export function toPositions({ group, error, offsets }: FetchedOffsets, topics?: readonly string[]): CommittedOffset[] {
  if (isNoGroup(error)) return []
  if (error !== 0) throw protocolFailure(error, null, { request: offsetFetchApi.name, group })
  return offsets.filter(({ topic }) => topics?.includes(topic) ?? true).sort(comparePartitions)
}
