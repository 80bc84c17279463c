import { describe, expect, test } from 'vitest'
import { AppendError, publishFailed } from '../../../src/bus/errors.ts'
import type { EventBus } from '../../../src/bus/event-bus.ts'
import type { NewRecord } from '../../../src/bus/record.ts'
import { InMemoryEventBus } from '../../../src/drivers/memory/in-memory-event-bus.ts'
import type { EventSettings } from '../../../src/operations/publish/event-settings.ts'
import { BadInputError, type InputLine, linesOf, parseLines } from '../../../src/operations/publish/lines.ts'
import {
  type Published,
  type PublishRequest,
  PublishStoppedError,
  publishLines,
} from '../../../src/operations/publish/publish.ts'

const settings: EventSettings = {
  topic: 'order-events',
  eventType: 'OrderPlaced.v1',
  codec: 'json',
  envelope: 'bincode',
  metadata: null,
  headers: [],
}

async function* lines(...batches: readonly string[][]): AsyncGenerator<readonly InputLine[]> {
  let number = 0
  for (const batch of batches) {
    yield batch.map((text) => {
      number += 1
      return { number, text }
    })
  }
}

const many = (count: number): string[] => Array.from({ length: count }, (_, index) => `{"n":${index}}`)
const delay = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** A bus that keeps what is appended, as fast and as willing as `append` lets it be. */
function fakeBus(append: (records: readonly NewRecord[], call: number) => unknown = () => {}) {
  const calls: (readonly NewRecord[])[] = []
  let offset = 0n
  const log = {
    append: async (topic: string, records: readonly NewRecord[]) => {
      calls.push(records)
      await append(records, calls.length)
      return records.map(() => ({ topic, partition: 0, offset: offset++ }))
    },
  }
  return { bus: { log } as unknown as EventBus, calls }
}

/** What was reported, a batch each, and what ended it. */
async function publish(bus: EventBus, request: Partial<PublishRequest> & Pick<PublishRequest, 'lines'>) {
  const batches: (readonly Published[])[] = []
  const signal = new AbortController().signal
  try {
    for await (const batch of publishLines(bus, { topic: 'order-events', settings, signal, ...request })) {
      batches.push(batch)
    }
  } catch (error) {
    return { batches, published: batches.flat(), error }
  }
  return { batches, published: batches.flat(), error: undefined }
}

test('reports where each line went', async () => {
  await using bus = new InMemoryEventBus({ createTopics: true })
  await bus.admin.createTopic('order-events', { partitions: 1 })
  const { published } = await publish(bus, { lines: lines(['{"a":1}', '{"a":2}'], ['{"a":3}']) })
  expect(published).toEqual(
    [0n, 1n, 2n].map((offset, index) => ({
      position: { topic: 'order-events', partition: 0, offset },
      eventType: 'OrderPlaced.v1',
      line: index + 1,
    })),
  )
})

test('of nothing reports nothing', async () => {
  const { bus, calls } = fakeBus()
  expect(await publish(bus, { lines: lines() })).toMatchObject({ batches: [], error: undefined })
  expect(calls).toEqual([])
})

describe('batches', () => {
  test('hold neither too many records nor too many bytes, in order', async () => {
    const { bus, calls } = fakeBus()
    const { published } = await publish(bus, { lines: lines(many(10_000)) })
    expect(calls.map((records) => records.length)).toEqual([4000, 4000, 2000])
    expect(published.map(({ line }) => line)).toEqual(Array.from({ length: 10_000 }, (_, index) => index + 1))

    const large = fakeBus()
    await publish(large.bus, { lines: lines(Array<string>(5).fill(`"${'x'.repeat(300_000)}"`)) })
    expect(large.calls.map((records) => records.length)).toEqual([2, 2, 1])
  })

  test('gather what comes soon', async () => {
    const { bus, calls } = fakeBus()
    await publish(bus, { lines: lines(['{}'], ['{}', '{}'], ['{}']) })
    expect(calls.map((records) => records.length)).toEqual([4])
  })

  test('do not wait for what comes late', async () => {
    const { bus } = fakeBus()
    const slow = async function* () {
      for await (const batch of lines(['{}'], ['{}'])) {
        yield batch
        await delay(300)
        happened.push('0.3 s passed')
      }
    }
    const happened: string[] = []
    const signal = new AbortController().signal
    for await (const _ of publishLines(bus, { topic: 't', lines: slow(), settings, signal })) happened.push('published')
    expect(happened).toEqual(['published', '0.3 s passed', 'published', '0.3 s passed'])
  })

  test('are sent one at a time, while the next is read and no more', async () => {
    let under = 0
    let most = 0
    let read = 0
    const { bus, calls } = fakeBus(async () => {
      under += 1
      most = Math.max(most, under)
      await delay(20)
      under -= 1
    })
    const ahead: number[] = []
    const source = async function* () {
      for await (const batch of lines(...Array.from({ length: 5 }, () => many(4000)))) {
        read += 1
        ahead.push(read - calls.length)
        yield batch
      }
    }
    await publish(bus, { lines: source() })
    expect(calls).toHaveLength(5)
    expect(most).toBe(1)
    expect(Math.max(...ahead)).toBeLessThanOrEqual(2)
  })
})

describe('a bad line', () => {
  test('ends it after what stood before', async () => {
    const { bus, calls } = fakeBus()
    const { published, error } = await publish(bus, { lines: lines(['{}', '{}', '{broken', '{}'], ['{}']) })
    expect(published.map(({ line }) => line)).toEqual([1, 2])
    expect(calls).toHaveLength(1)
    expect(error).toBeInstanceOf(BadInputError)
    expect(error).toMatchObject({ line: 3, message: expect.stringMatching(/^line 3: not JSON: /) })
  })

  test('has its number in the input, blank lines counted', async () => {
    const source = linesOf(
      (async function* () {
        yield '{}\n\n{broken\n'
      })(),
    )
    expect((await publish(fakeBus().bus, { lines: source })).error).toMatchObject({ line: 3 })
  })

  test('and a source that fails, too', async () => {
    const source = async function* () {
      yield* lines(['{}'])
      throw new Error('no such file')
    }
    const { published, error } = await publish(fakeBus().bus, { lines: source() })
    expect(published).toHaveLength(1)
    expect(error).toMatchObject({ message: 'no such file' })
  })
})

/** A failed append of `count` records: the index of each record that was appended, was refused, or may have been. */
function appendError(
  count: number,
  { appended = [], refused = [], unknown = [] }: { appended?: number[]; refused?: number[]; unknown?: number[] },
): AppendError {
  const positions = Array.from({ length: count }, (_, index) =>
    appended.includes(index) ? { topic: 'order-events', partition: 0, offset: BigInt(index) } : undefined,
  )
  const outcome = { positions, refused: refused.map((index) => ({ index, reason: 'is too large' })), unknown }
  return new AppendError('PUBLISH_FAILED', 'no', outcome)
}

describe('a bus that does not take a batch', () => {
  test('ends it, and no line of the batch is said to be published when the bus appended none', async () => {
    const { bus, calls } = fakeBus((_, call) => {
      if (call === 2) throw publishFailed('order-events', 'the broker is gone', { suggestions: ['crbus doctor'] })
    })
    const { published, error } = await publish(bus, { lines: lines(many(12_000)) })
    expect(published).toHaveLength(4000)
    expect(calls).toHaveLength(2)
    expect(error).toBeInstanceOf(PublishStoppedError)
    expect(error).toMatchObject({
      cause: { code: 'PUBLISH_FAILED', suggestions: ['crbus doctor'] },
      refused: [],
      unknown: [],
      rest: [{ from: 4001, to: undefined }],
    })
  })

  test('reports the lines that were appended before the refused one, and what is left', async () => {
    const { bus } = fakeBus((records) => {
      throw appendError(records.length, { appended: [0, 1], refused: [2] })
    })
    const { published, error } = await publish(bus, { lines: lines(many(5)) })
    expect(published.map(({ line }) => line)).toEqual([1, 2])
    expect(error).toMatchObject({
      refused: [{ line: 3, reason: 'is too large' }],
      unknown: [],
      rest: [{ from: 4, to: undefined }],
    })
  })

  test('publishes the lines between a refused one and later ones of other partitions, so that the rest is one range', async () => {
    const sent: number[] = []
    const { bus } = fakeBus((records, call) => {
      sent.push(records.length)
      if (call === 1) throw appendError(records.length, { appended: [0, 4], refused: [1] })
    })
    const { published, error } = await publish(bus, { lines: lines(many(7)) })
    expect(sent).toEqual([7, 2])
    expect(published.map(({ line }) => line)).toEqual([1, 3, 4, 5])
    expect(error).toMatchObject({ refused: [{ line: 2 }], rest: [{ from: 6, to: undefined }] })
  })

  test('names every line whose fate is unknown, and leaves them out of what is left', async () => {
    const { bus, calls } = fakeBus((records) => {
      throw appendError(records.length, { appended: [0, 3], unknown: [1, 2, 5] })
    })
    const { published, error } = await publish(bus, { lines: lines(many(8)) })
    expect(calls).toHaveLength(1)
    expect(published.map(({ line }) => line)).toEqual([1, 4])
    expect(error).toMatchObject({
      refused: [],
      unknown: [
        { from: 2, to: 3 },
        { from: 6, to: 6 },
      ],
      rest: [
        { from: 5, to: 5 },
        { from: 7, to: undefined },
      ],
    })
  })

  test('leaves lines that were left out before out of the rest', async () => {
    const { bus } = fakeBus((records) => {
      throw appendError(records.length, { appended: [0], refused: [1] })
    })
    const only = [
      { from: 2, to: 3 },
      { from: 5, to: 6 },
      { from: 9, to: undefined },
    ]
    const { published, error } = await publish(bus, { lines: lines(many(12)), only })
    expect(published.map(({ line }) => line)).toEqual([2])
    expect(error).toMatchObject({
      refused: [{ line: 3 }],
      rest: [
        { from: 5, to: 6 },
        { from: 9, to: undefined },
      ],
    })
  })
})

test('publishes only the lines asked for, by their numbers in the input', async () => {
  const { bus, calls } = fakeBus()
  const only = [
    { from: 2, to: 2 },
    { from: 4, to: undefined },
  ]
  const { published } = await publish(bus, { lines: lines(many(5)), only })
  expect(published.map(({ line }) => line)).toEqual([2, 4, 5])
  expect(calls.flat()).toHaveLength(3)
})

test.each([
  { text: '3', ranges: [{ from: 3, to: 3 }] },
  { text: '4001-', ranges: [{ from: 4001, to: undefined }] },
  {
    text: '3,7-9, 12-',
    ranges: [
      { from: 3, to: 3 },
      { from: 7, to: 9 },
      { from: 12, to: undefined },
    ],
  },
  { text: '0', ranges: undefined },
  { text: '9-7', ranges: undefined },
  { text: '-5', ranges: undefined },
  { text: '', ranges: undefined },
])('reads the list of lines "$text"', ({ text, ranges }) => {
  expect(parseLines(text)).toEqual(ranges)
})

describe('when the signal aborts', () => {
  test('what was read is sent, though the source says nothing more', async () => {
    const { bus, calls } = fakeBus(() => delay(30))
    const controller = new AbortController()
    const silent = async function* () {
      yield* lines(many(9000))
      controller.abort()
      await new Promise(() => {})
    }
    const { published, error } = await publish(bus, { lines: silent(), signal: controller.signal })
    expect(error).toBeUndefined()
    expect(published).toHaveLength(9000)
    expect(calls.flat()).toHaveLength(9000)
  })

  test('a source that never ends is not read any further', async () => {
    const controller = new AbortController()
    let read = 0
    const endless = async function* () {
      while (true) {
        read += 1
        yield [{ number: read, text: '{}' }]
      }
    }
    setTimeout(() => controller.abort(), 20)
    const { published, error } = await publish(fakeBus().bus, { lines: endless(), signal: controller.signal })
    expect(error).toBeUndefined()
    expect(published.length).toBeGreaterThan(0)
    expect(read - published.length).toBeLessThanOrEqual(1)
  })

  test('before it began, nothing is sent', async () => {
    const { bus, calls } = fakeBus()
    expect(await publish(bus, { lines: lines(['{}']), signal: AbortSignal.abort() })).toMatchObject({ batches: [] })
    expect(calls).toEqual([])
  })

  test('with a rate, only what was due is sent', async () => {
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 120)
    const { published, error } = await publish(fakeBus().bus, {
      lines: lines(many(1000)),
      rate: 20,
      signal: controller.signal,
    })
    expect(error).toBeUndefined()
    expect(published.length).toBeGreaterThan(0)
    expect(published.length).toBeLessThan(10)
  })
})

test('a reader that leaves ends it, and the source', async () => {
  const { bus, calls } = fakeBus()
  let isClosed = false
  const source = async function* () {
    try {
      while (true) yield* lines(many(4000))
    } finally {
      isClosed = true
    }
  }
  const signal = new AbortController().signal
  for await (const _ of publishLines(bus, { topic: 't', lines: source(), settings, signal })) break
  await delay(10)
  expect(calls.length).toBeLessThanOrEqual(2)
  expect(isClosed).toBe(true)
})

test('a rate is kept, in twentieths of a second', async () => {
  const clock = {
    time: 0,
    now: () => clock.time,
    sleep: async (milliseconds: number) => {
      clock.time += milliseconds
    },
  }
  const { bus, calls } = fakeBus()
  await publish(bus, { lines: lines(many(1000)), rate: 100, clock })
  expect(calls[0]).toHaveLength(5)
  expect(clock.time).toBe(9950)
})

test('JSON over several lines is one event each; text is a line each', async () => {
  const pretty = ['{', '  "event_type": "A.v1",', '  "data": [1]', '}']
  const { bus, calls } = fakeBus()
  await publish(bus, { lines: lines([...pretty, ...pretty]), settings: { ...settings, eventType: undefined } })
  expect(calls.flat()).toHaveLength(2)
  const plain = fakeBus()
  await publish(plain.bus, { lines: lines(pretty), settings: { ...settings, codec: 'text' } })
  expect(plain.calls.flat()).toHaveLength(4)
})
