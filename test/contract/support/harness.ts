import { randomUUID } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, onTestFinished, vi } from 'vitest'
import type { SerializedEvent } from '../../../src/bus/event.ts'
import { serializedEvent } from '../../../src/bus/event.ts'
import type { EventBus, EventStream, Received } from '../../../src/bus/event-bus.ts'
import type { BusRecord } from '../../../src/bus/record.ts'
import type { LogSlice } from '../../../src/bus/topic-log.ts'
import type { EventBusOptions } from '../../../src/drivers/bus-options.ts'

/** The bus under test, as the contract needs it. */
export interface Harness {
  /** Opens a new connection to the same bus, as another process would. */
  open(options?: EventBusOptions): Promise<EventBus>
  /** Starts a group member in another process. Resolves when it has received its last event. */
  startMember(request: MemberRequest): Promise<DoomedMember>
  /** The longest time until another member gets the partitions of a dead one, in milliseconds. */
  readonly takeoverWithin: number
}

export interface MemberRequest {
  readonly topic: string
  readonly group: string
  /** The number of events it takes. All but the last are acknowledged, by requesting the next one. */
  readonly take: number
}

export interface DoomedMember {
  /** Kills the process, which closes nothing. */
  die(): Promise<void>
}

/** Unique names, because tests do not clean up and test files may share a broker. */
export const uniqueTopic = (): string => `t-${randomUUID()}-events`
export const uniqueGroup = (): string => `g-${randomUUID()}`

/** Topic names that Kafka, and so every bus, refuses. */
export const badTopics = [
  { called: 'empty', topic: '' },
  { called: 'a dot', topic: '.' },
  { called: 'two dots', topic: '..' },
  { called: 'with a space', topic: 'a b' },
  { called: 'with a slash', topic: 'a/b' },
  { called: 'beyond ASCII', topic: 'ä' },
  { called: 'of 250 characters', topic: 'x'.repeat(250) },
]

export async function newTopic(bus: EventBus, partitions = 1): Promise<string> {
  const topic = uniqueTopic()
  await bus.admin.createTopic(topic, { partitions })
  return topic
}

/** An event that is identified by its payload, a number. */
export const numbered = (number: number, eventType = 'OrderPlaced.v1'): SerializedEvent =>
  serializedEvent(eventType, Uint8Array.of(number))

export const numberedList = (count: number): SerializedEvent[] =>
  Array.from({ length: count }, (_, number) => numbered(number))

export const offsetOf = ({ record }: Received): bigint => record.offset

export const numberOf = (received: Received): number | undefined => (received.ok ? received.event.data[0] : undefined)

/** Takes the next `count` items of a stream. The last one stays unacknowledged, because no further item is requested. */
export async function take(stream: EventStream, count: number): Promise<Received[]> {
  const items: Received[] = []
  while (items.length < count) {
    const { done, value } = await stream.next()
    if (done) throw new Error(`the stream ended after ${items.length} of ${count} items`)
    items.push(value)
  }
  return items
}

/**
 * Takes batches until their sizes add up to `count`. `countOf` is the size of a batch, 1 by default. Throws if the stream ends
 * before.
 */
export async function takeBatches<Batch>(
  next: () => Promise<Batch | undefined>,
  count: number,
  countOf: (batch: Batch) => number = () => 1,
): Promise<Batch[]> {
  const batches: Batch[] = []
  for (let counted = 0; counted < count; ) {
    const batch = await next()
    if (batch === undefined) throw new Error(`the stream ended after ${counted} of ${count}`)
    batches.push(batch)
    counted += countOf(batch)
  }
  return batches
}

/** Reads a stream until it ends. Acknowledges every event but the last one. */
export function pump(stream: EventStream): { readonly received: readonly Received[]; stop(): Promise<void> } {
  const received: Received[] = []
  const ended = (async () => {
    for await (const item of stream) received.push(item)
  })()
  // `stop` reports a failure; until then it must not count as unhandled.
  ended.catch(() => undefined)
  return {
    received,
    async stop() {
      await stream.close()
      await ended
    },
  }
}

/** Waits for a condition that a bus promises without saying when. */
export const eventually = <T>(assertion: () => T | Promise<T>, timeout = 30_000): Promise<T> =>
  vi.waitFor(assertion, { timeout, interval: 25 })

/** A signal that aborts when the test ends, so that a failed test leaves no reader behind. */
export function testSignal(): AbortSignal {
  const controller = new AbortController()
  onTestFinished(() => controller.abort())
  return controller.signal
}

export async function readSlices(bus: EventBus, slices: readonly LogSlice[]): Promise<BusRecord[]> {
  const records: BusRecord[] = []
  for await (const batch of bus.log.read(slices, { signal: testSignal() })) records.push(...batch)
  return records
}

/** Reads every record of a topic, sorted by partition and offset. */
export async function readTopic(bus: EventBus, topic: string): Promise<BusRecord[]> {
  const ranges = await bus.log.ranges(topic)
  const slices = ranges.map(({ partition, start, end }) => ({ topic, partition, from: start, to: end }))
  const records = await readSlices(bus, slices)
  return records.sort((a, b) => a.partition - b.partition || Number(a.offset - b.offset))
}

/** The offset at which the group continues: the committed one, else 0. */
export async function nextOffset(bus: EventBus, group: string, topic: string, partition = 0): Promise<bigint> {
  const committed = await bus.admin.committedOffsets(group, [topic])
  return committed.find((position) => position.partition === partition)?.offset ?? 0n
}

/**
 * Expects that work creates no group. Other test files create groups on the same broker, so the work is repeated until no group
 * appears. Work that creates a group fails every time.
 */
export const expectNoNewGroup = (bus: EventBus, work: () => Promise<unknown>): Promise<void> =>
  eventually(async () => {
    const before = new Set((await bus.admin.listGroups()).map(({ group }) => group))
    await work()
    const groups = (await bus.admin.listGroups()).map(({ group }) => group)
    expect(groups.filter((group) => !before.has(group))).toEqual([])
  })

export const text = (value: string): Uint8Array => Uint8Array.from(Buffer.from(value))

/** The bytes as numbers, to compare a Buffer of one driver with a Uint8Array of another. */
export const bytes = (value: Uint8Array | null | undefined): number[] | null | undefined => value && [...value]

/** The size of the heap after a garbage collection, in bytes. */
export function usedHeap(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  return process.memoryUsage().heapUsed
}
