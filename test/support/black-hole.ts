import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'

/** A server of which one connection waits to be accepted. */
const SERVER = `require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, function () {
  console.log(this.address().port)
  process.kill(process.pid, 'SIGSTOP')
})`

/** How many connections Linux completes for a stopped process with a backlog of one; it drops the packets of further ones. */
const QUEUED = 2

/** An address that drops the packets of new connections, as a firewall does. */
export interface BlackHole {
  /** `127.0.0.1:port`. */
  readonly address: string
  dispose(): Promise<void>
}

/** Starts a process that listens and is stopped, and fills its queue of connections. Linux only. */
export async function startBlackHole(): Promise<BlackHole> {
  const child = spawn(process.execPath, ['-e', SERVER], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })
  const [port] = (await once(lines, 'line')) as [string]
  lines.close()
  const queued = Array.from({ length: QUEUED }, () => connect({ port: Number(port), host: '127.0.0.1' }).unref())
  await Promise.all(queued.map((socket) => once(socket, 'connect')))
  return {
    address: `127.0.0.1:${port}`,
    async dispose() {
      for (const socket of queued) socket.on('error', () => {}).destroy()
      child.kill('SIGKILL')
      await exited
    },
  }
}
