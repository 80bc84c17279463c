import { KafkaCluster } from '../../../src/drivers/kafka/connection/cluster.ts'
import { protocolFailure, type WireConnection } from '../../../src/drivers/kafka/connection/wire.ts'
import { type Api, ask } from '../../../src/drivers/kafka/protocol/api.ts'

// Changes of topics on a real Kafka that crbus has no command for.

const TIMEOUT_MS = 30_000

interface RecordDeletion {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
}

const deleteRecordsApi: Api<RecordDeletion, number | undefined> = {
  key: 21,
  version: 1,
  name: 'DeleteRecords',
  write(to, { topic, partition, offset }) {
    to.list([topic], (name) => to.string(name).list([partition], (number) => to.int32(number).int64(offset)))
    to.int32(TIMEOUT_MS)
  },
  read(from) {
    from.int32()
    const errors = from.list(() => {
      from.text()
      return from.list(() => {
        from.int32()
        from.int64()
        return from.int16()
      })
    })
    return errors[0]?.[0]
  },
}

const createPartitionsApi: Api<{ readonly topic: string; readonly count: number }, number | undefined> = {
  key: 37,
  version: 1,
  name: 'CreatePartitions',
  write(to, { topic, count }) {
    to.list([topic], (name) => to.string(name).int32(count).int32(-1))
    to.int32(TIMEOUT_MS).int8(0)
  },
  read(from) {
    from.int32()
    const errors = from.list(() => {
      from.text()
      const error = from.int16()
      from.string()
      return error
    })
    return errors[0]
  },
}

async function onCluster<T>(brokers: string, work: (cluster: KafkaCluster) => Promise<T>): Promise<T> {
  const cluster = new KafkaCluster({ brokers: brokers.split(','), clientId: 'test', timeout: TIMEOUT_MS })
  try {
    return await work(cluster)
  } finally {
    cluster.close()
  }
}

async function requireSuccess<Request>(
  connection: WireConnection,
  api: Api<Request, number | undefined>,
  request: Request,
): Promise<void> {
  const error = await ask(connection, api, request)
  if (error !== 0) throw protocolFailure(error ?? -1)
}

/** Deletes the records before an offset, as retention does after a while. */
export const deleteRecordsBefore = (brokers: string, topic: string, partition: number, offset: bigint): Promise<void> =>
  onCluster(brokers, async (cluster) => {
    const partitions = await cluster.partitions(topic)
    const leader = await cluster.broker(partitions[partition]?.leader ?? -1)
    await requireSuccess(leader, deleteRecordsApi, { topic, partition, offset })
  })

/** Adds partitions. Resolves when each of them has a leader. */
export const addPartitions = (brokers: string, topic: string, count: number): Promise<void> =>
  onCluster(brokers, async (cluster) => {
    const { controller } = await cluster.metadata([])
    await requireSuccess(await cluster.broker(controller), createPartitionsApi, { topic, count })
    const isThere = async () => {
      const partitions = (await cluster.partitionsOf([topic])).get(topic) ?? []
      return partitions.length === count && partitions.every(({ leader }) => leader >= 0)
    }
    while (!(await isThere())) await new Promise((resolve) => setTimeout(resolve, 20))
  })
