import { createServer, type Server } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { RedpandaEventBus } from '../../../src/drivers/kafka/redpanda-event-bus.ts'

let server: Server | undefined

afterEach(() => void server?.close())

/** A broker that answers every request with these bytes, given the correlation id of the request. */
async function answering(answer: (correlationId: number) => Buffer): Promise<string> {
  const listening = createServer((socket) => {
    socket.on('data', (request) => socket.write(answer(request.readInt32BE(8)))).on('error', () => undefined)
  })
  server = listening
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  const address = listening.address()
  return `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

/** An answer's length and correlation id. */
function frame(size: number, correlationId: number): Buffer {
  const bytes = Buffer.alloc(12)
  bytes.writeInt32BE(size, 0)
  bytes.writeInt32BE(correlationId, 4)
  return bytes
}

test.each([
  ['announces 2^31 - 1 bytes', 0x7fff_ffff],
  ['announces more than a batch may take', 16 * 1024 * 1024 + 1001],
  ['announces -12 bytes', -12],
  ['announces too few bytes for a correlation id', 3],
])('an answer that %s ends the connection at once', async (_, size) => {
  const brokers = await answering((id) => frame(size, id))
  await using bus = new RedpandaEventBus({ brokers, maxBatchBytes: 1000, timeout: 30_000 })
  await expect(bus.admin.listTopics()).rejects.toMatchObject({
    code: 'CONNECTION_FAILED',
    message: `Connection failed: ${brokers} announces an answer of ${size} bytes, where 16778216 is the limit`,
  })
})

test('an answer to another request ends the connection at once', async () => {
  const brokers = await answering((id) => frame(8, id ^ 1))
  await using bus = new RedpandaEventBus({ brokers, timeout: 30_000 })
  await expect(bus.admin.listTopics()).rejects.toMatchObject({
    code: 'TRANSPORT_ERROR',
    message: expect.stringMatching(/ answers request \d+, where \d+ was expected$/),
  })
})

test('a server whose first answer is not a list of versions is not taken for a broker', async () => {
  const brokers = await answering((id) => frame(8, id))
  await using bus = new RedpandaEventBus({ brokers, timeout: 30_000 })
  await expect(bus.admin.listTopics()).rejects.toMatchObject({
    code: 'CONNECTION_FAILED',
    message: expect.stringContaining(`${brokers} does not answer as a Kafka broker does`),
  })
})
