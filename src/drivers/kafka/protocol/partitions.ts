import type { TopicPartition } from '../../../bus/admin.ts'
import { partitionName } from '../../../bus/names/names.ts'
import { damagedAnswer } from '../kafka-errors.ts'
import { type Api, type ApiConnection, ask } from './api.ts'
import type { Reader, Writer } from './bytes.ts'

/** The answer of a broker about one partition. */
export interface PartitionAnswer extends TopicPartition {
  /** Kafka's error code; 0 for success. */
  readonly error: number
}

interface PartitionsRequest<Request> {
  readonly request: Request
  /** The partitions that the request names. */
  readonly partitions: readonly TopicPartition[]
  /** Whether the answer may omit partitions, as that of a fetch does when its byte limit is reached. Default false. */
  readonly mayOmit?: boolean
  readonly timeout?: number
}

/**
 * Sends a request about partitions and checks that the answer has each of them once and no others. Otherwise, throws a
 * `KafkaFailure` for a damaged answer.
 */
export async function askPartitions<Request, Answer extends TopicPartition>(
  connection: ApiConnection,
  api: Api<Request, readonly Answer[]>,
  { request, partitions, mayOmit = false, timeout }: PartitionsRequest<Request>,
): Promise<readonly Answer[]> {
  const answers = await ask(connection, api, request, timeout)
  const missing = new Set(partitions.map(partitionName))
  for (const answer of answers) {
    const key = partitionName(answer)
    if (!missing.delete(key))
      throw damagedAnswer(connection.address, api.name, new Error(`${key} was not requested, or is listed twice`))
  }
  const [omitted] = missing
  if (omitted !== undefined && !mayOmit)
    throw damagedAnswer(connection.address, api.name, new Error(`${omitted} is missing`))
  return answers
}

/** Writes partitions grouped by topic (`topics: name, partitions: partition_index, …`), as most requests list them. */
export function writePartitions<T extends TopicPartition>(
  to: Writer,
  partitions: readonly T[],
  write: (partition: T) => void,
): void {
  to.list([...Map.groupBy(partitions, ({ topic }) => topic)], ([topic, own]) => {
    to.string(topic).list(own, (partition) => {
      to.int32(partition.partition)
      write(partition)
    })
  })
}

/** Reads partitions grouped by topic (`topics: name, partitions: partition_index, …`) into one list. */
export function readPartitions<T>(from: Reader, read: (partition: TopicPartition) => T): T[] {
  return from
    .list(() => {
      const topic = from.text()
      return from.list(() => read({ topic, partition: from.int32() }))
    })
    .flat()
}
