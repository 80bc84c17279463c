import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

/** A server that speaks enough of Kafka's protocol to receive a login, and answers it with the secret in its error message. */
export interface HostileBroker {
  readonly address: string
  /** Everything that clients have sent, as Latin-1. */
  received(): string
  close(): void
}

/** The broker to which the answer to Metadata sends clients, in place of a refusal of the login. */
interface HostileOptions {
  readonly advertises?: { readonly host: string; readonly port: number }
}

const [API_VERSIONS, SASL_HANDSHAKE, SASL_AUTHENTICATE, METADATA] = [18, 17, 36, 3]
const SASL_AUTHENTICATION_FAILED = 58

const int16 = (value: number) => {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

const int32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

const text = (value: string) => Buffer.concat([int16(Buffer.byteLength(value)), Buffer.from(value)])

/** The requests that crbus needs, each in the versions 0 to 12. SASL requests and ApiVersions have lower versions. */
const versions = [0, 1, 2, METADATA, 8, 9, 10, 11, 12, 13, 14, 15, 16, 19, 20, 37].map((key) => [key, 0, 12])
const loginVersions = [
  [SASL_HANDSHAKE, 0, 1],
  [API_VERSIONS, 0, 2],
  [SASL_AUTHENTICATE, 0, 1],
]

function answerTo(key: number, body: Buffer, { advertises }: HostileOptions): Buffer | undefined {
  if (key === API_VERSIONS) {
    const all = [...versions, ...loginVersions]
    return Buffer.concat([int16(0), int32(all.length), ...all.flat().map(int16)])
  }
  if (key === SASL_HANDSHAKE) return Buffer.concat([int16(0), int32(1), body])
  if (key === SASL_AUTHENTICATE) {
    if (advertises !== undefined) return Buffer.concat([int16(0), int16(-1), int32(0), Buffer.alloc(8)])
    const secrets = body.toString('latin1', 4).split('\0').at(-1)
    return Buffer.concat([int16(SASL_AUTHENTICATION_FAILED), text(`no: ${secrets}`), int32(0), Buffer.alloc(8)])
  }
  if (key !== METADATA || advertises === undefined) return undefined
  const { host, port } = advertises
  // Version 5: time, brokers, cluster, controller, topics.
  const broker = [int32(7), text(host), int32(port), int16(-1)]
  return Buffer.concat([int32(0), int32(1), ...broker, text('hostile'), int32(7), int32(0)])
}

/** Starts a hostile broker on this machine. */
export async function startHostileBroker(options: HostileOptions = {}): Promise<HostileBroker> {
  const received: Buffer[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    let bytes = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      received.push(chunk)
      bytes = Buffer.concat([bytes, chunk])
      while (bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE(0)) {
        const request = bytes.subarray(4, 4 + bytes.readInt32BE(0))
        bytes = bytes.subarray(4 + request.length)
        // Key, version, correlation id, length of the client's name.
        const body = request.subarray(10 + Math.max(request.readInt16BE(8), 0))
        const answer = answerTo(request.readInt16BE(0), body, options)
        if (answer === undefined) socket.destroy()
        else socket.write(Buffer.concat([int32(answer.length + 4), request.subarray(4, 8), answer]))
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: () => Buffer.concat(received).toString('latin1'),
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
