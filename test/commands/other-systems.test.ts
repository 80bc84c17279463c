import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { serializedEvent } from '../../src/bus/event.ts'
import { encodeCbor } from '../../src/codecs/cbor/cbor.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { broker, createBroker, publish, tail, values } from './publish-and-tail.ts'

beforeEach(createBroker)

const cbor = (value: unknown): Uint8Array => {
  const encoded = encodeCbor(value)
  if (!encoded.ok) throw new Error(encoded.reason)
  return encoded.bytes
}

/** Appends values without an envelope to a topic. */
async function append(topic: string, given: readonly Uint8Array[]): Promise<void> {
  const bus = new InMemoryEventBus({ broker, createTopics: true })
  await bus.log.append(
    topic,
    given.map((value) => ({ key: Buffer.from('k'), value, partition: 0 })),
  )
}

const clicks = () =>
  append('clicks', [Buffer.from('{"x":1,"who":"ann"}'), cbor({ x: 2, who: 'bob' }), Buffer.from('x is 3')])

describe('records of other systems', () => {
  test('are shown as text with their codec in place of an event type', async () => {
    await clicks()
    const { stdout, stderr } = await tail(['clicks', '-e', '--utc'])
    expect(stdout.split('\n').map((line) => line.slice(25))).toEqual([
      'clicks[0]@0 json key=k {"x":1,"who":"ann"}',
      'clicks[0]@1 cbor key=k {"x":2,"who":"bob"}',
      'clicks[0]@2 text key=k x is 3',
      '',
    ])
    expect(stderr).toBe('3 events\n')
  })

  test('are shown in several lines by -o pretty', async () => {
    await append('clicks', [Buffer.from('{"x":1}')])
    const { stdout } = await tail(['clicks', '-e', '-o', 'pretty'])
    expect(stdout).toMatch(/^json clicks\[0\]@0\n/)
    expect(stdout).toMatch(/ {2}envelope +none\n {2}codec +json\n {2}\{\n {4}"x": 1\n {2}\}\n/)
  })

  test('are filtered by the fields of their own JSON or CBOR', async () => {
    await clicks()
    expect((await tail(['clicks', '-e', '-o', '%o %{who} %f', '-w', 'data.x > 0'])).stdout).toBe(
      '0 ann none\n1 bob none\n',
    )
    expect((await tail(['clicks', '-e', '-o', '%o', '--grep', 'BOB'])).stdout).toBe('1\n')
    expect((await tail(['clicks', '-e', '-o', '%o', '--type', '*'])).stdout).toBe('')
  })

  test('can be edited as JSON and published again', async () => {
    await append('clicks', [Buffer.from('{"x":1}')])
    const { stdout } = await tail(['clicks', '-e', '-o', 'json'])
    expect(stdout).toContain('"envelope":"none","codec":"json","data":{"x":1}}')
    await publish(['copy-events'], stdout.replace('{"x":1}', '{"x":2}'))
    expect(await values('copy-events')).toEqual([Buffer.from('{"x":2}').toString('hex')])
  })

  test('are copied byte for byte by tail -o json and publish', async () => {
    const value = fc.oneof(
      fc.json().map((json) => Buffer.from(json)),
      fc.json().map((json) => Buffer.from(` ${json}\n`)),
      fc.jsonValue().map(cbor),
      fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 40 }),
      fc
        .constantFrom('{"n":12345678901234567890}', '{"n":-0}', '{"n":1e400}', '{"a":1,"a":2}', '["\\ud800"]', '')
        .map((text) => Buffer.from(text)),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 20 }), async (given) => {
        createBroker()
        await append('clicks', given)
        const { stdout } = await tail(['clicks', '--from', 'start', '-e', '-o', 'json'])
        expect((await publish(['copy-events'], stdout)).exitCode).toBe(0)
        expect(await values('copy-events')).toEqual(given.map((bytes) => Buffer.from(bytes).toString('hex')))
      }),
      { numRuns: 60 },
    )
  }, 60_000)

  test('are undecodable if they are text in a topic with events', async () => {
    const bus = new InMemoryEventBus({ broker, createTopics: true })
    await bus.publish('clicks', serializedEvent('OrderPlaced.v1', Buffer.from('{}')))
    await append('clicks', [Buffer.from('half an envelope'), Buffer.from('{"x":1}')])
    for (const output of ['text', 'json', '%f']) {
      const { stderr } = await tail(['clicks', '-e', '--from', 'start', '-o', output])
      expect(stderr).toBe('3 events, 1 of them undecodable\n')
    }
  })
})
