import { connect, createServer, type Socket } from 'node:net'

/** The fields of a request header. */
interface ProxiedRequest {
  /** The api_key of the request. */
  readonly key: number
  readonly clientId: string
}

interface KafkaProxyRules {
  /** Awaited before a request is forwarded to the broker. */
  readonly hold?: ((request: ProxiedRequest) => Promise<void> | undefined) | undefined
  /** Returns true to close the connection after the broker has answered, before the client receives the response. */
  readonly loses?: ((request: ProxiedRequest) => boolean) | undefined
  /** The response that the client gets instead of the broker's: length, correlation id, payload. */
  readonly damages?: ((request: ProxiedRequest, answer: Buffer) => Buffer) | undefined
  /** The payload that the client gets instead of the broker's. The payload starts after the correlation id. */
  readonly changes?: ((request: ProxiedRequest, payload: Buffer) => Buffer) | undefined
}

export interface KafkaProxy {
  readonly port: number
  /** The rules in force. They may be changed while the proxy runs. */
  rules: KafkaProxyRules
  /** The address of the broker, once it is known. */
  brokerPort: number
  /** Closes every connection and refuses new ones until `start`: to its clients, the broker is down. */
  stop(): Promise<void>
  start(): Promise<void>
  close(): void
}

/** A proxy in front of a broker that advertises the proxy's address. Its rules inject failures. */
export async function startKafkaProxy(port: number): Promise<KafkaProxy> {
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const broker = connect({ port: proxy.brokerPort, host: '127.0.0.1' })
    const end = () => {
      client.destroy()
      broker.destroy()
    }
    for (const socket of [client, broker]) {
      sockets.add(socket)
      socket.on('error', end).on('close', end)
    }
    const asked: ProxiedRequest[] = []
    let sent = Promise.resolve()
    client.on(
      'data',
      frames((frame) => {
        const request = { key: frame.readInt16BE(4), clientId: readString(frame, 12) }
        asked.push(request)
        sent = sent.then(() => proxy.rules.hold?.(request)).then(() => void broker.write(frame))
      }),
    )
    // A broker answers requests in order.
    broker.on(
      'data',
      frames((frame) => {
        const request = asked.shift()
        if (request && proxy.rules.loses?.(request)) end()
        else if (request && proxy.rules.changes) {
          const payload = proxy.rules.changes(request, frame.subarray(8))
          const head = Buffer.from(frame.subarray(0, 8))
          head.writeInt32BE(4 + payload.length)
          client.write(Buffer.concat([head, payload]))
        } else client.write((request && proxy.rules.damages?.(request, frame)) ?? frame)
      }),
    )
  })
  const proxy: KafkaProxy = {
    port,
    rules: {},
    brokerPort: 0,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
    start: () => new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve)),
    close: () => void proxy.stop(),
  }
  await proxy.start()
  return proxy
}

const readString = (frame: Buffer, at: number): string => frame.toString('utf8', at + 2, at + 2 + frame.readInt16BE(at))

/** Reassembles frames from chunks: each is a length and that many bytes. */
function frames(take: (frame: Buffer) => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0)
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const size = 4 + rest.readInt32BE(0)
      take(rest.subarray(0, size))
      rest = rest.subarray(size)
    }
  }
}
