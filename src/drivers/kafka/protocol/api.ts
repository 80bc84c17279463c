/**
 * The requests that this driver sends (https://kafka.apache.org/protocol). A comment after each field that is read, written or
 * skipped has the name of the field in Kafka's message definitions, unless the variable has that name:
 * https://github.com/apache/kafka/tree/trunk/clients/src/main/resources/common/message
 *
 * Each request has one version: the newest non-flexible version that Kafka 2.4 to 4.x and Redpanda all support. A few
 * requests have a second, flexible version, which is preferred where the broker supports it (`KafkaCluster.speaks`). Every
 * broker reports its versions when a connection opens; `WireConnection` rejects other versions.
 */
import { damagedAnswer } from '../kafka-errors.ts'
import { Reader, Writer } from './bytes.ts'

/** One version of a request: how its body is written, and how the body of the answer is read. */
export interface Api<Request, Answer> {
  readonly key: number
  readonly version: number
  readonly name: string
  /** A flexible version (KIP-482): lengths are compact, and headers and structures end with tagged fields. */
  readonly isFlexible?: boolean
  write(to: Writer, request: Request): void
  read(from: Reader): Answer
}

/** A request as a connection sends it. */
export interface ApiRequest {
  readonly key: number
  readonly version: number
  readonly name: string
  readonly body: Buffer
  /** Whether the broker sends an answer; false for Produce with acks 0. Default true. */
  readonly hasAnswer?: boolean
  /** Milliseconds to wait for the answer; default: the time-out of the connection. */
  readonly timeout?: number | undefined
}

/** The part of a connection to a broker that requests need. */
export interface ApiConnection {
  /** `host:port` of the broker. */
  readonly address: string
  /** Resolves with the bytes of the answer after its correlation id. */
  send(request: ApiRequest): Promise<Buffer>
}

/** Sends a request and reads the answer. Throws a `KafkaFailure` of the kind `answer` if the bytes do not follow the protocol. */
export async function ask<Request, Answer>(
  connection: ApiConnection,
  { key, version, name, isFlexible, write, read }: Api<Request, Answer>,
  request: Request,
  timeout?: number,
): Promise<Answer> {
  const to = new Writer()
  if (isFlexible) to.uvarint(0) // tagged fields of the request header
  write(to, request)
  const from = new Reader(await connection.send({ key, version, name, body: to.bytes, timeout }))
  try {
    if (isFlexible) from.skipTags() // of the response header
    const answer = read(from)
    if (isFlexible) from.skipTags() // of the response
    from.end()
    return answer
  } catch (error) {
    throw damagedAnswer(connection.address, name, error)
  }
}

/** The versions of requests that a broker supports, by API key. */
export type ApiVersions = ReadonlyMap<number, { readonly oldest: number; readonly newest: number }>

/**
 * ApiVersions (https://kafka.apache.org/protocol#The_Messages_ApiVersions): the versions that a broker supports. Every
 * broker answers version 0. The list is valid even when the answer has an error code.
 */
export const apiVersionsApi: Pick<Api<undefined, ApiVersions>, 'key' | 'version' | 'name' | 'read'> = {
  key: 18,
  version: 0,
  name: 'ApiVersions',
  read(from) {
    from.int16() // error_code
    // api_keys: api_key, min_version, max_version
    return new Map(from.list(() => [from.int16(), { oldest: from.int16(), newest: from.int16() }]))
  },
}
