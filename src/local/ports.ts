import { connect, createServer } from 'node:net'

const HOST = '127.0.0.1'

/** Whether a server can listen on a port of 127.0.0.1. */
export const isFree = async (port: number): Promise<boolean> => (await listenOn(port)) === port

/** Returns a port of 127.0.0.1 that is free now. */
export async function freePort(): Promise<number> {
  const port = await listenOn(0)
  if (port === undefined) throw new Error('the system has no free port')
  return port
}

/** Listens for a moment. Returns the port, or `undefined` if it is in use. */
async function listenOn(port: number): Promise<number | undefined> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined))
    server.listen(port, HOST, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined))
    })
  })
}

/** Whether a server accepts connections on a port of 127.0.0.1. */
export const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: HOST })
    const answer = (is: boolean) => () => {
      socket.destroy()
      resolve(is)
    }
    socket.setTimeout(2000)
    socket.once('connect', answer(true)).once('error', answer(false)).once('timeout', answer(false))
  })
