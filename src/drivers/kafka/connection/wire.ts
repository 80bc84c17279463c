/**
 * The one file that names kafkajs's insides. kafkajs 2.2.4 is frozen, so they hold still; a test fails when its version
 * changes. Used are its connections: framing, correlation, TLS and SASL. What kafkajs builds over them is
 * not: it cannot read without a group nor commit without joining one, retries inside retries, waits for ever for a
 * broker that hangs, and restarts a consumer on a record it cannot take.
 */
import { connect as connectPlain, isIP, type Socket } from 'node:net'
import node from 'node:process'
import type { ConnectionOptions } from 'node:tls'
// @ts-expect-error kafkajs types its front door only
import KafkaConnection from 'kafkajs/src/network/connection.js'
// @ts-expect-error
import protocolErrors from 'kafkajs/src/protocol/error.js'
import { diagnostics } from '../../../bus/diagnostics.ts'
import { type FailurePlace, KafkaFailure } from '../kafka-errors.ts'
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
  /** The longest to wait for the connection, and for an answer that names no time of its own. */
  readonly timeout: number
  /** An answer that announces more ends the connection before memory is taken for it. */
  readonly maxAnswerBytes: number
  /** Addresses that have answered a request, which the connections of a bus share: their failures get no guesses. */
  readonly answered?: Set<string>
}

interface KafkaJsConnection {
  readonly socket?: Socket
  readonly requestQueue: {
    /** By correlation id, in the order they were sent. */
    readonly inflight: ReadonlyMap<number, unknown>
    scheduleCheckPendingRequests(): void
    fulfillRequest(answer: { size: number; correlationId: number; payload: Buffer }): void
  }
  /** Set while a login waits for an answer, which may be one without framing. */
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

/** Kafka's number of the SaslAuthenticate request. */
const SASL_AUTHENTICATE = 36

/** Bytes of an answer's length, and of the correlation id behind it. */
const FRAME_HEADER = 4
const CORRELATION_ID = 4

const silence = () => undefined
/** kafkajs logs to stdout; what it has to say reaches users as errors. */
const silentLogger = { info: silence, error: silence, warn: silence, debug: silence, namespace: () => silentLogger }

/** One connection to one broker. Requests are answered in order, so whoever waits long at a broker brings their own. */
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
      reauthenticationThreshold: 10_000,
      // Requests are timed below: kafkajs's own check polls ten times a second and leaves the connection open.
      enforceRequestTimeout: false,
    })
    this.#connection.processData = this.#receiver()
    // kafkajs sets a timer at "throttled until, less now" after every answer: minus now, of which Node 24 warns. It looks
    // for requests that wait their turn, and without a limit in flight none does.
    this.#connection.requestQueue.scheduleCheckPendingRequests = silence
  }

  get address(): string {
    return `${this.#options.host}:${this.#options.port}`
  }

  get isClosed(): boolean {
    return (
      this.#failure !== undefined ||
      (this.#opening !== undefined && !this.#isOpening && !this.#connection.isConnected())
    )
  }

  #isOpening = false
  #stage: ConnectionStage = 'connecting'
  /** What is waited for while it is not the broker. */
  #waitsFor: string | undefined
  #versions: ApiVersions = new Map()

  /** Connects, asks which versions of requests the broker supports, and logs in: once for all callers. */
  open(): Promise<void> {
    if (this.#opening === undefined) {
      this.#isOpening = true
      const greet = async () => {
        await this.#connection.connect()
        this.#stage = 'greeting'
        this.#versions = await this.#askVersions()
        this.#stage = 'login'
        await this.#connection.authenticate()
        this.#stage = 'first request'
      }
      const open = () => this.#timed(this.#options.timeout, greet)
      this.#opening = this.#told({ name: 'Connect', version: 0 }, open)
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

  /** Whether the broker named this version of the request, on a connection that is open. */
  supports({ key, version }: Pick<Api<never, unknown>, 'key' | 'version'>): boolean {
    const range = this.#versions.get(key)
    return range !== undefined && range.oldest <= version && version <= range.newest
  }

  /**
   * The answer's payload behind its correlation id; empty when there is none to come. A version that the broker did not
   * name is not sent: brokers hang up on it, or misread it.
   */
  async send(request: ApiRequest): Promise<Buffer> {
    await this.open()
    if (!this.supports(request)) throw this.#unsupported(request)
    const { hasAnswer = true, timeout = this.#options.timeout } = request
    const answer = await this.#told(request, () => this.#timed(timeout, () => this.#exchange(request)))
    if (hasAnswer && this.#stage !== 'open') {
      this.#stage = 'open'
      this.#options.answered?.add(this.address)
    }
    const { socket } = this.#connection
    // Without an answer to wait for, the socket's own buffer is what holds a fast sender back.
    if (!hasAnswer && socket?.writableNeedDrain) await drained(socket)
    return answer ?? Buffer.alloc(0)
  }

  /** Publishes the request and how it ended to the diagnostics channel, where that has a subscriber. */
  #told<T>({ name, version }: Pick<ApiRequest, 'name' | 'version'>, exchange: () => Promise<T>): Promise<T> {
    const { kafkaRequest } = diagnostics
    const work = exchange()
    if (!kafkaRequest.hasSubscribers) return work
    const start = performance.now()
    const tell = (error?: unknown) => {
      const duration = performance.now() - start
      kafkaRequest.publish({ broker: this.address, request: name, version, duration, error })
    }
    work.then(() => tell(), tell)
    return work
  }

  #exchange({ key, version, name, body, hasAnswer = true }: ApiRequest): Promise<Buffer | undefined> {
    return this.#connection.send({
      request: {
        apiKey: key,
        apiVersion: version,
        apiName: name,
        expectResponse: () => hasAnswer,
        // As much of kafkajs's encoder as its framing looks at.
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
    // kafkajs logs in by the versions of SaslHandshake and SaslAuthenticate that it finds here.
    const ranges = [...versions].map(([own, { oldest, newest }]) => [own, { minVersion: oldest, maxVersion: newest }])
    this.#connection.setVersions(Object.fromEntries(ranges))
    this.#connection.setSupportAuthenticationProtocol(versions.has(SASL_AUTHENTICATE))
    return versions
  }

  #unsupported({ key, version, name }: ApiRequest): KafkaFailure {
    const range = this.#versions.get(key)
    const words =
      range === undefined
        ? name
        : `${name} version ${version} (it supports ${range.oldest === range.newest ? '' : `${range.oldest} to `}${range.newest})`
    return new KafkaFailure('unsupported', `broker ${this.address} does not support ${words}`)
  }

  /** Ends at once, failing what is under way. What was sent without an answer still goes out. */
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
   * Takes answers out of what arrives: a length, a correlation id, a payload. Instead of kafkajs's own, which waits for
   * as many bytes as an answer announces, fails outside of every promise on a negative length, and drops an answer to
   * nothing.
   */
  #receiver(): (chunk: Buffer) => void {
    const { maxAnswerBytes } = this.#options
    const connection = this.#connection
    let chunks: Buffer[] = []
    let buffered = 0
    let needed = FRAME_HEADER
    return (chunk) => {
      // Ended by `endIfTls`, which has seen these bytes before.
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
        if (size < CORRELATION_ID || size > maxAnswerBytes) {
          const reason = `announces an answer of ${size} bytes, where ${maxAnswerBytes} is the limit`
          this.close(new KafkaFailure('answer', `${this.address} ${reason}`, { isRefused: true }))
          return
        }
        const end = FRAME_HEADER + size
        const isWhole = bytes.length >= end
        if (isWhole) this.#receive(bytes.subarray(0, end))
        const rest = isWhole ? bytes.subarray(end) : bytes
        chunks = [rest]
        buffered = rest.length
        needed = isWhole ? FRAME_HEADER : end
      }
    }
  }

  #receive(frame: Buffer): void {
    const { authHandlers, requestQueue } = this.#connection
    if (authHandlers) {
      authHandlers.onSuccess(frame)
      return
    }
    const correlationId = frame.readInt32BE(FRAME_HEADER)
    // A broker answers in order.
    const [next] = requestQueue.inflight.keys()
    if (correlationId !== next) {
      const expected = next === undefined ? 'nothing was asked' : `${next} was expected`
      this.close(new KafkaFailure('answer', `${this.address} answers request ${correlationId}, where ${expected}`))
      return
    }
    const payload = frame.subarray(FRAME_HEADER + CORRELATION_ID)
    requestQueue.fulfillRequest({ size: frame.length - FRAME_HEADER, correlationId, payload })
  }

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
      // The first failure is the reason; what kafkajs makes of a closed socket is not.
      const failure = this.#failure ?? this.#toFailure({ error })
      if (failure.kind !== 'protocol') this.close(failure)
      throw failure
    } finally {
      clearTimeout(timer)
    }
  }

  #toFailure(what: { readonly error?: unknown; readonly waited?: number; readonly waitsFor?: string | undefined }) {
    const { tls, sasl, answered } = this.#options
    const { address } = this
    return toFailure({ address, stage: this.#stage, tls, sasl, hasWorked: answered?.has(address), ...what })
  }
}

/** kafkajs wants the socket at once, so that there is no awaiting an import; and a plain one need not pay for TLS. */
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

/** A TLS alert in answer to a plain request: kafkajs would take it for the length of an answer, and wait for that. */
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

const names = new Map((protocolErrors.errorCodes as readonly ProtocolError[]).map((error) => [error.code, error]))

/** A Kafka error code as a failure, by the names kafkajs has for them, and where it is known what was asked of what. */
export function protocolFailure(code: number, detail?: string | null, place?: FailurePlace): KafkaFailure {
  const known = names.get(code)
  const text = detail || known?.message || `Kafka error ${code}`
  return new KafkaFailure('protocol', known ? `${text} (${known.type})` : text, { code, place, type: known?.type })
}
