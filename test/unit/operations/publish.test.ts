import { describe, expect, test } from 'vitest'
import { AppendError, publishFailed } from '../../../src/bus/errors.ts'
import type { EventBus } from '../../../src/bus/event-bus.ts'
import { advice } from '../../../src/bus/hints.ts'
import type { NewRecord } from '../../../src/bus/record.ts'
import { InMemoryEventBus } from '../../../src/drivers/memory/in-memory-event-bus.ts'
import { operationHints } from '../../../src/operations/hints.ts'
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

/** A bus that records appended batches; `append` delays or refuses them. */
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

/** Runs publishLines. Returns the reported batches and the error that ended it. */
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

test('publishLines reports the position of each line', async () => {
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

test('publishLines reports nothing for empty input', async () => {
  const { bus, calls } = fakeBus()
  expect(await publish(bus, { lines: lines() })).toMatchObject({ batches: [], error: undefined })
  expect(calls).toEqual([])
})

describe('batches', () => {
  test('batches have limited records and bytes, and keep the order', async () => {
    const { bus, calls } = fakeBus()
    const { published } = await publish(bus, { lines: lines(many(10_000)) })
    expect(calls.map((records) => records.length)).toEqual([4000, 4000, 2000])
    expect(published.map(({ line }) => line)).toEqual(Array.from({ length: 10_000 }, (_, index) => index + 1))

    const large = fakeBus()
    await publish(large.bus, { lines: lines(Array<string>(5).fill(`"${'x'.repeat(300_000)}"`)) })
    expect(large.calls.map((records) => records.length)).toEqual([2, 2, 1])
  })

  test('batches collect lines that arrive within a few milliseconds', async () => {
    const { bus, calls } = fakeBus()
    await publish(bus, { lines: lines(['{}'], ['{}', '{}'], ['{}']) })
    expect(calls.map((records) => records.length)).toEqual([4])
  })

  test('batches are sent without waiting for later lines', async () => {
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

  test('batches are sent one at a time while only the next one is read', async () => {
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

describe('an invalid line', () => {
  test('an invalid line ends publishing after the lines before it', async () => {
    const { bus, calls } = fakeBus()
    const { published, error } = await publish(bus, { lines: lines(['{}', '{}', '{broken', '{}'], ['{}']) })
    expect(published.map(({ line }) => line)).toEqual([1, 2])
    expect(calls).toHaveLength(1)
    expect(error).toBeInstanceOf(BadInputError)
    expect(error).toMatchObject({ line: 3, message: expect.stringMatching(/^line 3: not JSON: /) })
  })

  test('an invalid line is reported with its line number, which counts blank lines', async () => {
    const source = linesOf(
      (async function* () {
        yield '{}\n\n{broken\n'
      })(),
    )
    expect((await publish(fakeBus().bus, { lines: source })).error).toMatchObject({ line: 3 })
  })

  test('an invalid line and a failing source end publishing after the lines before', async () => {
    const source = async function* () {
      yield* lines(['{}'])
      throw new Error('no such file')
    }
    const { published, error } = await publish(fakeBus().bus, { lines: source() })
    expect(published).toHaveLength(1)
    expect(error).toMatchObject({ message: 'no such file' })
  })
})

/** A failed append of `count` records, with the indices of appended, refused and unknown records. */
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

describe('a failed append', () => {
  test('a failed append ends publishing, and no line is reported as published when none was appended', async () => {
    const { bus, calls } = fakeBus((_, call) => {
      if (call === 2) throw publishFailed('order-events', 'the broker is gone', { hints: [advice('start the broker')] })
    })
    const { published, error } = await publish(bus, { lines: lines(many(12_000)) })
    expect(published).toHaveLength(4000)
    expect(calls).toHaveLength(2)
    expect(error).toBeInstanceOf(PublishStoppedError)
    expect(error).toMatchObject({
      cause: { code: 'PUBLISH_FAILED', hints: [advice('start the broker')] },
      refused: [],
      unknown: [],
      rest: [{ from: 4001, to: undefined }],
      hints: [advice('start the broker'), operationHints.publishLines('4001-')],
    })
  })

  test('a failed append reports the lines appended before the refused one, and the lines left', async () => {
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

  test('a failed append is followed by publishing the lines between a refused one and later appended ones, so that one range is left', async () => {
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

  test('a failed append reports lines that may have been published separately from the lines left', async () => {
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

  test('a failed append does not report lines that were excluded as left', async () => {
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

test('publishLines publishes only the requested lines, by their numbers in the input', async () => {
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
])('parseLines parses "$text"', ({ text, ranges }) => {
  expect(parseLines(text)).toEqual(ranges)
})

describe('when the signal aborts', () => {
  test('after an abort, lines already read are sent although the source blocks', async () => {
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

  test('after an abort, an endless source is not read further', async () => {
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

  test('an abort before the start sends nothing', async () => {
    const { bus, calls } = fakeBus()
    expect(await publish(bus, { lines: lines(['{}']), signal: AbortSignal.abort() })).toMatchObject({ batches: [] })
    expect(calls).toEqual([])
  })

  test('after an abort with a rate, only the due events are sent', async () => {
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

test('publishLines stops and closes the source when its reader stops', async () => {
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

test('publishLines keeps a rate in batches of 50 ms', async () => {
  const clock = {
    time: 0,
    now: () => clock.time,
    after(milliseconds: number, wake: () => void) {
      clock.time += milliseconds
      queueMicrotask(wake)
      return () => undefined
    },
  }
  const { bus, calls } = fakeBus()
  await publish(bus, { lines: lines(many(1000)), rate: 100, clock })
  expect(calls[0]).toHaveLength(5)
  expect(clock.time).toBe(9950)
})

test('publishLines takes JSON documents that span lines, but one text per line', async () => {
  const pretty = ['{', '  "event_type": "A.v1",', '  "data": [1]', '}']
  const { bus, calls } = fakeBus()
  await publish(bus, { lines: lines([...pretty, ...pretty]), settings: { ...settings, eventType: undefined } })
  expect(calls.flat()).toHaveLength(2)
  const plain = fakeBus()
  await publish(plain.bus, { lines: lines(pretty), settings: { ...settings, codec: 'text' } })
  expect(plain.calls.flat()).toHaveLength(4)
})
