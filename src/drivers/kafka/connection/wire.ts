/**
 * The only file that uses internals of kafkajs. The version of kafkajs is pinned to 2.2.4, so the internals do not change; a test
 * fails if the version changes. Only the connections of kafkajs are used: framing, correlation, TLS and SASL. Its consumer and
 * producer are not used: they cannot read without a group or commit without joining one, nest retries in retries, wait forever
 * for a broker that hangs, and restart a consumer on a record that fails.
 */

import { connect as connectPlain, isIP, type Socket } from 'node:net'
import node from 'node:process'
import type { ConnectionOptions } from 'node:tls'
// @ts-expect-error kafkajs has types for its public API only
import KafkaConnection from 'kafkajs/src/network/connection.js'
// @ts-expect-error kafkajs has types for its public API only
import protocolErrors from 'kafkajs/src/protocol/error.js'
import { diagnostics } from '../../../bus/diagnostics.ts'
import { addressText } from '../../../bus/names/address-text.ts'
import { type FailureSubject, KafkaFailure } from '../kafka-errors.ts'
import type { Sasl } from '../kafka-options.ts'
import { type Api, type ApiConnection, type ApiRequest, type ApiVersions, apiVersionsApi } from '../protocol/api.ts'
import { Reader } from '../protocol/bytes.ts'
import { ANSWERS_IN_TLS, type ConnectionStage, toFailure } from './connection-failure.ts'
import { toKafkaJsSasl } from './sasl.ts'

export interface WireOptions {
  readonly host: string
  readonly port: number
  readonly clientId: string
  readonly tls?: boolean | ConnectionOptions | undefined
  readonly sasl?: Sasl | undefined
  /** Milliseconds to wait for the connection, and for the answer to a request without its own time-out. */
  readonly timeout: number
  /** A longer answer closes the connection before memory is allocated for it. */
  readonly maxAnswerBytes: number
  /**
   * Addresses that have answered a request, shared by the connections of a bus. Errors of these addresses do not guess at
   * wrong options.
   */
  readonly answered?: Set<string>
}

/** The parts of kafkajs's connection that this file uses. */
interface KafkaJsConnection {
  readonly socket?: Socket
  /** How long the login is valid, in milliseconds; 0 without a limit. */
  readonly sessionLifetime: { toString(): string }
  readonly requestQueue: {
    /** By correlation id, in the order sent. */
    readonly inflight: ReadonlyMap<number, unknown>
    scheduleCheckPendingRequests(): void
    fulfillRequest(answer: { size: number; correlationId: number; payload: Buffer }): void
  }
  /** Set while a login waits for an answer, which may be unframed. */
  readonly authHandlers: { onSuccess(raw: Buffer): void } | null
  readonly authExpectResponse: boolean
  processData(chunk: Buffer): void
  isConnected(): boolean
  connect(): Promise<unknown>
  setVersions(versions: Record<number, { minVersion: number; maxVersion: number }>): void
  setSupportAuthenticationProtocol(isSupported: boolean): void
  authenticate(): Promise<void>
  send(protocol: object): Promise<Buffer | undefined>
  rejectRequests(error: Error): void
  disconnect(): Promise<unknown>
}

/**
 * How long before the end of its session a connection logs in again (KIP-368): this long, or half of a shorter session. With a fixed
 * time, a connection of a short session would log in before every request, which brokers refuse within one second.
 */
const MAX_REAUTHENTICATION_MS = 10_000

/** The API key of SaslAuthenticate. */
const SASL_AUTHENTICATE = 36

// An answer begins with its length, then the correlation id.
const LENGTH_BYTES = 4
const CORRELATION_ID_BYTES = 4

const silence = () => undefined
/** A logger that drops everything. kafkajs would log failures to stdout; callers get them as errors instead. */
const silentLogger = { info: silence, error: silence, warn: silence, debug: silence, namespace: () => silentLogger }

/** A connection to a broker. Answers come in the order of the requests, so a long poll needs a connection of its own. */
export class WireConnection implements ApiConnection {
  readonly #connection: KafkaJsConnection
  readonly #options: WireOptions
  #opening: Promise<void> | undefined
  #failure: KafkaFailure | undefined

  constructor(options: WireOptions) {
    const { host, port, clientId, tls, sasl, timeout } = options
    this.#options = options
    this.#connection = new KafkaConnection({
      host,
      port,
      clientId,
      ssl: tls || undefined,
      sasl:
        sasl &&
        toKafkaJsSasl(sasl, (waitsFor) => {
          this.#waitsFor = waitsFor
        }),
      logger: silentLogger,
      socketFactory: openSocket,
      connectionTimeout: timeout,
      requestTimeout: timeout,
      // `#timed` implements time-outs instead: the check of kafkajs polls ten times a second and leaves the connection open.
      enforceRequestTimeout: false,
    })
    this.#connection.processData = this.#receiver()
    Object.defineProperty(this.#connection, 'reauthenticationThreshold', {
      get: () => Math.min(MAX_REAUTHENTICATION_MS, Number(this.#connection.sessionLifetime) / 2),
    })
    // kafkajs would set a timer with a negative delay after every answer, and Node 24 would print a warning. The timer is only
    // needed with a limit of requests in flight, which is not used here.
    this.#connection.requestQueue.scheduleCheckPendingRequests = silence
  }

  get address(): string {
    return addressText(this.#options)
  }

  get isClosed(): boolean {
    return (
      this.#failure !== undefined ||
      (this.#opening !== undefined && !this.#isOpening && !this.#connection.isConnected())
    )
  }

  #isOpening = false
  #stage: ConnectionStage = 'connecting'
  /** What the connection waits for, if not for the broker. */
  #waitsFor: string | undefined
  #versions: ApiVersions = new Map()

  /** The stage that the connection has reached, or in which it failed. */
  get stage(): ConnectionStage {
    return this.#stage
  }

  /** The requests that the broker supports. Empty before its answer to ApiVersions. */
  get versions(): ApiVersions {
    return this.#versions
  }

  /** Connects, requests the versions that the broker supports, and logs in. All callers share one attempt. */
  open(): Promise<void> {
    if (this.#opening === undefined) {
      this.#isOpening = true
      const handshake = async () => {
        await this.#connection.connect()
        this.#stage = 'greeting'
        this.#versions = await this.#askVersions()
        this.#stage = 'login'
        await this.#connection.authenticate()
        this.#stage = 'first request'
      }
      const open = () => this.#timed(this.#options.timeout, handshake)
      this.#opening = this.#reported({ name: 'Connect', version: 0 }, open)
        .catch((error: KafkaFailure) => {
          this.close(error)
          throw error
        })
        .finally(() => {
          this.#isOpening = false
        })
    }
    return this.#opening
  }

  /** Returns whether the broker supports this version of a request. Always false before the connection is open. */
  supports({ key, version }: Pick<Api<never, unknown>, 'key' | 'version'>): boolean {
    const range = this.#versions.get(key)
    return range !== undefined && range.oldest <= version && version <= range.newest
  }

  /**
   * Sends a request and resolves with the bytes of the answer after its correlation id; empty for a request without an answer.
   * Rejects if the broker does not report the version of the request as supported: brokers close the connection on such a request
   * or misread it.
   */
  async send(request: ApiRequest): Promise<Buffer> {
    await this.open()
    if (!this.supports(request)) throw this.#unsupported(request)
    const { hasAnswer = true, timeout = this.#options.timeout } = request
    const answer = await this.#reported(request, () => this.#timed(timeout, () => this.#exchange(request)))
    if (hasAnswer && this.#stage !== 'open') {
      this.#stage = 'open'
      this.#options.answered?.add(this.address)
    }
    const { socket } = this.#connection
    // Without an answer to wait for, the buffer of the socket applies back-pressure.
    if (!hasAnswer && socket?.writableNeedDrain) await drained(socket)
    return answer ?? Buffer.alloc(0)
  }

  /** Publishes the request and its result to the diagnostics channel, if the channel has a subscriber. */
  #reported<T>({ name, version }: Pick<ApiRequest, 'name' | 'version'>, exchange: () => Promise<T>): Promise<T> {
    const { kafkaRequest } = diagnostics
    const work = exchange()
    if (!kafkaRequest.hasSubscribers) return work
    const start = performance.now()
    const report = (error?: unknown) => {
      const duration = performance.now() - start
      kafkaRequest.publish({ broker: this.address, request: name, version, duration, error })
    }
    work.then(() => report(), report)
    return work
  }

  #exchange({ key, version, name, body, hasAnswer = true }: ApiRequest): Promise<Buffer | undefined> {
    return this.#connection.send({
      request: {
        apiKey: key,
        apiVersion: version,
        apiName: name,
        expectResponse: () => hasAnswer,
        // The fields of kafkajs's encoder that its framing code reads.
        encode: async () => ({ buf: body, buffer: body }),
      },
      response: { decode: async (payload: Buffer) => payload, parse: async (payload: Buffer) => payload },
    })
  }

  async #askVersions(): Promise<ApiVersions> {
    const { key, version, name, read } = apiVersionsApi
    const answer = await this.#exchange({ key, version, name, body: Buffer.alloc(0) })
    const from = new Reader(answer ?? Buffer.alloc(0))
    const versions = read(from)
    from.end()
    // kafkajs chooses the versions of SaslHandshake and SaslAuthenticate from these.
    const ranges = [...versions].map(([own, { oldest, newest }]) => [own, { minVersion: oldest, maxVersion: newest }])
    this.#connection.setVersions(Object.fromEntries(ranges))
    this.#connection.setSupportAuthenticationProtocol(versions.has(SASL_AUTHENTICATE))
    return versions
  }

  #unsupported({ key, version, name }: ApiRequest): KafkaFailure {
    const range = this.#versions.get(key)
    const request =
      range === undefined
        ? name
        : `${name} version ${version} (it supports ${range.oldest === range.newest ? '' : `${range.oldest} to `}${range.newest})`
    return new KafkaFailure('unsupported', `broker ${this.address} does not support ${request}`)
  }

  /** Closes at once and fails the requests under way. Requests without an answer are still sent. */
  close(reason: KafkaFailure = new KafkaFailure('connection', `the connection to ${this.address} was closed`)): void {
    if (this.#failure) return
    this.#failure = reason
    const { socket } = this.#connection
    this.#connection.rejectRequests(reason)
    if (socket?.writableLength && !socket.connecting) socket.end().unref()
    else socket?.destroy()
    this.#connection.disconnect().catch(silence)
  }

  /**
   * Splits the received bytes into answers: length, correlation id, payload. Replaces the parser of kafkajs, which waits for
   * any announced length, throws outside of every promise on a negative one, and drops answers without a request.
   */
  #receiver(): (chunk: Buffer) => void {
    const { maxAnswerBytes } = this.#options
    const connection = this.#connection
    let chunks: Buffer[] = []
    let buffered = 0
    let needed = LENGTH_BYTES
    return (chunk) => {
      // `endIfTls` has received these bytes first and closed the socket.
      if (connection.socket?.destroyed) return
      if (connection.authHandlers && !connection.authExpectResponse) {
        connection.authHandlers.onSuccess(chunk)
        return
      }
      chunks.push(chunk)
      buffered += chunk.length
      while (buffered >= needed && this.#failure === undefined) {
        const bytes = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, buffered)
        const size = bytes.readInt32BE(0)
        if (size < CORRELATION_ID_BYTES || size > maxAnswerBytes) {
          const reason = `announces an answer of ${size} bytes, but the limit is ${maxAnswerBytes}`
          this.close(new KafkaFailure('answer', `${this.address} ${reason}`, { isRefused: true }))
          return
        }
        const end = LENGTH_BYTES + size
        const isWhole = bytes.length >= end
        if (isWhole) this.#receive(bytes.subarray(0, end))
        const rest = isWhole ? bytes.subarray(end) : bytes
        chunks = [rest]
        buffered = rest.length
        needed = isWhole ? LENGTH_BYTES : end
      }
    }
  }

  #receive(frame: Buffer): void {
    const { authHandlers, requestQueue } = this.#connection
    if (authHandlers) {
      authHandlers.onSuccess(frame)
      return
    }
    const correlationId = frame.readInt32BE(LENGTH_BYTES)
    // Brokers answer in the order of the requests.
    const [next] = requestQueue.inflight.keys()
    if (correlationId !== next) {
      const expected = next === undefined ? 'no request is under way' : `the answer to request ${next} was expected`
      this.close(new KafkaFailure('answer', `${this.address} answers request ${correlationId}, but ${expected}`))
      return
    }
    const payload = frame.subarray(LENGTH_BYTES + CORRELATION_ID_BYTES)
    requestQueue.fulfillRequest({ size: frame.length - LENGTH_BYTES, correlationId, payload })
  }

  /**
   * Runs work with a time-out in milliseconds. Closes the connection after a time-out or a failure, except for Kafka's error
   * codes.
   */
  async #timed<T>(timeout: number, work: () => Promise<T>): Promise<T> {
    if (this.#failure) throw this.#failure
    const { promise: failed, reject } = Promise.withResolvers<never>()
    failed.catch(silence)
    const timer = setTimeout(() => {
      this.close(this.#toFailure({ waited: timeout, waitsFor: this.#waitsFor }))
      reject(this.#failure)
    }, timeout)
    try {
      return await Promise.race([work(), failed])
    } catch (error) {
      // The first failure is the cause. kafkajs's error for a closed socket is only its effect.
      const failure = this.#failure ?? this.#toFailure({ error })
      if (failure.kind !== 'protocol') this.close(failure)
      throw failure
    } finally {
      clearTimeout(timer)
    }
  }

  #toFailure(event: { readonly error?: unknown; readonly waited?: number; readonly waitsFor?: string | undefined }) {
    const { tls, sasl, answered } = this.#options
    const { address } = this
    return toFailure({ address, stage: this.#stage, tls, sasl, hasWorked: answered?.has(address), ...event })
  }
}

/** Loads TLS only when used, and synchronously, because kafkajs needs the socket at once. */
const loadTls = (): typeof import('node:tls') => node.getBuiltinModule('node:tls')

interface SocketRequest {
  readonly host: string
  readonly port: number
  readonly ssl: boolean | ConnectionOptions | undefined
  readonly onConnect: () => void
}

function openSocket({ host, port, ssl, onConnect }: SocketRequest): Socket {
  const options = ssl === true ? {} : ssl
  const servername = isIP(host) ? {} : { servername: host }
  const socket = options
    ? loadTls().connect({ host, port, ...servername, ...options }, onConnect)
    : connectPlain({ host, port }, onConnect).once('data', endIfTls)
  return socket.setNoDelay(true).setKeepAlive(true, 60_000)
}

/** Closes the socket on a TLS alert in answer to a plain request. kafkajs would read it as the length of an answer and wait. */
function endIfTls(this: Socket, bytes: Buffer): void {
  const isAlert = bytes[0] === 0x15 && bytes[1] === 0x03
  if (isAlert) this.destroy(Object.assign(new Error('a TLS alert'), { code: ANSWERS_IN_TLS }))
}

const drained = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      socket.off('drain', done).off('close', done)
      resolve()
    }
    socket.once('drain', done).once('close', done)
  })

interface ProtocolError {
  readonly code: number
  readonly type: string
  readonly message: string
}

const protocolErrorOf = new Map(
  (protocolErrors.errorCodes as readonly ProtocolError[]).map((error) => [error.code, error]),
)

/** Creates the failure for a Kafka error code, with kafkajs's name and message for the code. `detail` replaces the message. */
export function protocolFailure(code: number, detail?: string | null, subject?: FailureSubject): KafkaFailure {
  const known = protocolErrorOf.get(code)
  const text = detail || known?.message || `Kafka error ${code}`
  return new KafkaFailure('protocol', known ? `${text} (${known.type})` : text, { code, subject, type: known?.type })
}
