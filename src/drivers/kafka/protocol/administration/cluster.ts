import { damagedAnswer } from '../../kafka-errors.ts'
import type { Api, ApiConnection } from '../api.ts'
import { Reader, Writer } from '../bytes.ts'

/** Metadata of all topics, with racks and with what the user may do. */
interface DetailedMetadata {
  readonly brokers: readonly {
    readonly id: number
    readonly host: string
    readonly port: number
    readonly rack: string | null
  }[]
  readonly topics: readonly {
    readonly error: number
    readonly topic: string
    readonly partitions: readonly {
      readonly partition: number
      readonly leader: number
      readonly replicas: readonly number[]
      readonly inSync: readonly number[]
    }[]
  }[]
  /** The operations that are allowed on the cluster, as bits numbered by operation. */
  readonly operations: number
}

/** Metadata (https://kafka.apache.org/protocol#The_Messages_Metadata) in the version that tells what the user may do: since 2.3. */
export const detailedMetadataApi: Api<undefined, DetailedMetadata> = {
  key: 3,
  version: 8,
  name: 'Metadata',
  write(to) {
    to.int32(-1) // topics: all
      .int8(0) // allow_auto_topic_creation
      .int8(1) // include_cluster_authorized_operations
      .int8(0) // include_topic_authorized_operations
  },
  read(from) {
    from.int32() // throttle_time_ms
    const int32s = () => from.list(() => from.int32())
    // node_id, host, port, rack
    const brokers = from.list(() => ({ id: from.int32(), host: from.text(), port: from.int32(), rack: from.string() }))
    from.string() // cluster_id
    from.int32() // controller_id
    const topics = from.list(() => {
      const error = from.int16() // error_code
      const topic = from.text() // name
      from.boolean() // is_internal
      const partitions = from.list(() => {
        from.int16() // error_code
        const partition = from.int32() // partition_index
        const leader = from.int32() // leader_id
        from.int32() // leader_epoch
        const found = { partition, leader, replicas: int32s(), inSync: int32s() } // replica_nodes, isr_nodes
        int32s() // offline_replicas
        return found
      })
      from.int32() // topic_authorized_operations
      return { error, topic, partitions }
    })
    return { brokers, topics, operations: from.int32() } // cluster_authorized_operations
  },
}

/** ApiVersions in the first version that tells the features of the cluster (KIP-584): Kafka 2.7 and later. */
export const featuresApi = { key: 18, version: 3, name: 'ApiVersions' } as const

/** The tag of the features in force. */
const FINALIZED_FEATURES = 2

/**
 * Requests the levels of the features in force, by name. Not an `Api`, because the header of this answer has no tagged fields, so
 * that every client can read it, and the features are tagged fields themselves.
 */
export async function askForFeatures(connection: ApiConnection): Promise<ReadonlyMap<string, number>> {
  const to = new Writer()
    .uvarint(0) // tagged fields of the request header
    .compactString('crbus') // client_software_name
    .compactString('0') // client_software_version
    .uvarint(0) // tagged fields
  const from = new Reader(await connection.send({ ...featuresApi, body: to.bytes }))
  try {
    return readFeatures(from)
  } catch (error) {
    throw damagedAnswer(connection.address, featuresApi.name, error)
  }
}

function readFeatures(from: Reader): ReadonlyMap<string, number> {
  const features = new Map<string, number>()
  from.int16() // error_code
  from.compactList(() => {
    from.skip(6) // api_key, min_version, max_version
    from.skipTags()
  })
  from.int32() // throttle_time_ms
  const tagCount = from.uvarint()
  for (let at = 0; at < tagCount; at += 1) {
    const tag = from.uvarint()
    const size = from.uvarint()
    if (tag !== FINALIZED_FEATURES) {
      from.skip(size)
      continue
    }
    from.compactList(() => {
      features.set(from.compactText(), from.int16()) // name, max_version_level
      from.int16() // min_version_level
      from.skipTags()
    })
  }
  from.end()
  return features
}

interface QuotasAnswer {
  readonly error: number
  readonly message: string | null
  readonly quotas: readonly {
    readonly entity: readonly (readonly [type: string, name: string | null])[]
    readonly limits: readonly (readonly [key: string, value: number])[]
  }[]
}

/** DescribeClientQuotas (https://kafka.apache.org/protocol#The_Messages_DescribeClientQuotas): all quotas. Kafka 2.6 and later. */
export const describeQuotasApi: Api<undefined, QuotasAnswer> = {
  key: 48,
  version: 0,
  name: 'DescribeClientQuotas',
  write(to) {
    to.int32(0) // components: no filter
      .int8(0) // strict
  },
  read(from) {
    from.int32() // throttle_time_ms
    const error = from.int16() // error_code
    const message = from.string() // error_message
    const quotas = from.list(() => ({
      entity: from.list(() => [from.text(), from.string()] as const), // entity_type, entity_name
      limits: from.list(() => [from.text(), float64(from.int64())] as const), // key, value
    }))
    return { error, message, quotas }
  },
}

/** Reads the bits of an integer as a FLOAT64. */
const float64 = (bits: bigint): number => new Float64Array(BigInt64Array.of(bits).buffer)[0] as number
