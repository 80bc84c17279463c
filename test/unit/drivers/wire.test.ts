import { createServer, type Server } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { RedpandaEventBus } from '../../../src/drivers/kafka/redpanda-event-bus.ts'

let server: Server | undefined

afterEach(() => void server?.close())

/** Starts a broker that answers every request with the bytes for its correlation id, and returns the address. */
async function answering(answer: (correlationId: number) => Buffer): Promise<string> {
  const listening = createServer((socket) => {
    socket.on('data', (request) => socket.write(answer(request.readInt32BE(8)))).on('error', () => undefined)
  })
  server = listening
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  const address = listening.address()
  return `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

/** The length and the correlation id of an answer, and four more bytes. */
function frame(size: number, correlationId: number): Buffer {
  const bytes = Buffer.alloc(12)
  bytes.writeInt32BE(size, 0)
  bytes.writeInt32BE(correlationId, 4)
  return bytes
}

test.each([
  ['announces 2^31 - 1 bytes', 0x7fff_ffff],
  ['announces more than a fetch with the largest batch takes', 16 * 1024 * 1024 + 1001],
  ['announces -12 bytes', -12],
  ['announces too few bytes for a correlation id', 3],
])('an answer that %s closes the connection at once', async (_, size) => {
  const brokers = await answering((id) => frame(size, id))
  await using bus = new RedpandaEventBus({ brokers, maxBatchBytes: 1000, timeout: 30_000 })
  await expect(bus.admin.listTopics()).rejects.toMatchObject({
    code: 'CONNECTION_FAILED',
    message: `Connection failed: ${brokers} announces an answer of ${size} bytes, but the limit is 16778216`,
  })
})

test('an answer with the correlation id of another request closes the connection at once', async () => {
  const brokers = await answering((id) => frame(8, id ^ 1))
  await using bus = new RedpandaEventBus({ brokers, timeout: 30_000 })
  await expect(bus.admin.listTopics()).rejects.toMatchObject({
    code: 'TRANSPORT_ERROR',
    message: expect.stringMatching(/ answers request \d+, but the answer to request \d+ was expected$/),
  })
})

test('a server whose first answer is not a list of versions is reported as not being a Kafka broker', async () => {
  const brokers = await answering((id) => frame(8, id))
  await using bus = new RedpandaEventBus({ brokers, timeout: 30_000 })
  await expect(bus.admin.listTopics()).rejects.toMatchObject({
    code: 'CONNECTION_FAILED',
    message: expect.stringContaining(`${brokers} does not answer as a Kafka broker does`),
  })
})
