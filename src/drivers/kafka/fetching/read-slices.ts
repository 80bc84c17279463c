import { EventBusError } from '../../../bus/errors.ts'
import type { BusRecord } from '../../../bus/record.ts'
import type { LogSlice, ReadOptions } from '../../../bus/topic-log.ts'
import { OutageWatch } from '../../outage-watch.ts'
import type { KafkaCluster } from '../connection/cluster.ts'
import { Fetcher } from './fetcher.ts'

/** Reads slices in batches, each from one partition. Throws `TOPIC_NOT_FOUND` for a missing topic or partition. */
export async function* readSlices(
  cluster: KafkaCluster,
  slices: readonly LogSlice[],
  { signal, isolation, ...outage }: ReadOptions = {},
): AsyncGenerator<readonly BusRecord[]> {
  if (signal?.aborted) return
  for (const topic of new Set(slices.map((slice) => slice.topic))) {
    const { length } = await cluster.retrying({ topic }, () => cluster.partitions(topic))
    for (const { partition } of slices.filter((slice) => slice.topic === topic)) {
      if (partition < length) continue
      throw new EventBusError('TOPIC_NOT_FOUND', `topic '${topic}' has no partition ${partition}`, { topic })
    }
  }
  const fetcher = new Fetcher(cluster, OutageWatch.ofRead(slices, outage), 'wait', isolation)
  try {
    fetcher.assign(slices.map(({ from, ...slice }) => ({ ...slice, next: from < 0n ? 0n : from })))
    for (let taken = await fetcher.take(signal); taken; taken = await fetcher.take(signal)) yield taken.records
  } finally {
    fetcher.close()
  }
}
