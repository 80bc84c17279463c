import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

/** The authentication methods of the server: https://www.postgresql.org/docs/current/protocol-message-formats.html */
const requests = {
  cleartext: Buffer.from([0, 0, 0, 3]),
  md5: Buffer.from([0, 0, 0, 5, 1, 2, 3, 4]),
  scram: Buffer.concat([Buffer.from([0, 0, 0, 10]), Buffer.from('SCRAM-SHA-256\0\0')]),
} as const

export interface PasswordCollector {
  readonly port: number
  /** The settings of every startup message, in order: `user`, `database`, `options`, … */
  readonly startups: readonly ReadonlyMap<string, string>[]
  /** Everything that clients sent after a startup message: passwords, hashes of them, certificates. */
  readonly answers: readonly Buffer[]
  /** The number of connections that neither side has closed. */
  readonly open: () => number
  close(): void
}

/** Starts a server that speaks the start of the Postgres protocol, asks every client for a password and records the answers. */
export async function collectPasswords(method: keyof typeof requests = 'cleartext'): Promise<PasswordCollector> {
  const startups: ReadonlyMap<string, string>[] = []
  const answers: Buffer[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined).on('close', () => sockets.delete(socket)))
    let hasStarted = false
    socket.on('data', (bytes) => {
      const code = bytes.length >= 8 ? bytes.readInt32BE(4) : 0
      // Answer SSLRequest and GSSENCRequest with N: no encryption.
      if (!hasStarted && (code === 80_877_103 || code === 80_877_104)) {
        socket.write('N')
      } else if (hasStarted) {
        answers.push(bytes)
        // Unlike a real server, it leaves the connection open.
        socket.write(errorMessage('28P01', 'wrong password'))
      } else {
        hasStarted = true
        const texts = bytes.toString('utf8', 8).split('\0')
        startups.push(new Map(texts.flatMap((text, at) => (at % 2 === 0 ? [[text, texts[at + 1] ?? '']] : []))))
        socket.write(message('R', requests[method]))
      }
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
  return { port: (server.address() as AddressInfo).port, startups, answers, open: () => sockets.size, close }
}

function message(type: string, body: Buffer): Buffer {
  const head = Buffer.from(`${type}    `)
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

const errorMessage = (code: string, text: string): Buffer => message('E', Buffer.from(`SFATAL\0C${code}\0M${text}\0\0`))
