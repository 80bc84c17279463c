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

/** What the contract needs to know of a bus. */
export interface Harness {
  /** A fresh connection, as another process would make it, to the same bus each time. */
  open(options?: EventBusOptions): Promise<EventBus>
  /** Somebody else's process in a group. Resolves when it holds its last event. */
  startMember(request: MemberRequest): Promise<DoomedMember>
  /** The longest a dead member's partitions take to reach another, in milliseconds. */
  readonly takeoverWithin: number
}

export interface MemberRequest {
  readonly topic: string
  readonly group: string
  /** How many events it asks for: all but the last are acknowledged by asking for the next. */
  readonly take: number
}

export interface DoomedMember {
  /** Dies without closing anything. */
  die(): Promise<void>
}

/** Names nobody else has: nothing is ever cleaned up, and files may share a broker. */
export const uniqueTopic = (): string => `t-${randomUUID()}-events`
export const uniqueGroup = (): string => `g-${randomUUID()}`

/** Names that Kafka's rule, and so every bus, refuses. */
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

/** An event whose payload is one number, to tell it by. */
export const numbered = (number: number, eventType = 'OrderPlaced.v1'): SerializedEvent =>
  serializedEvent(eventType, Uint8Array.of(number))

export const numberedList = (count: number): SerializedEvent[] =>
  Array.from({ length: count }, (_, number) => numbered(number))

export const offsetOf = ({ record }: Received): bigint => record.offset

export const numberOf = (received: Received): number | undefined => (received.ok ? received.event.data[0] : undefined)

/** The next `count` items of a stream. The last is held: nobody has come back for another. */
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
 * Takes batches one after another until they count `count`: one each, or what `countOf` says, such as their events. Throws
 * when the stream ends before.
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

/** Reads a stream until it ends, acknowledging everything but what it holds at the end. */
export function pump(stream: EventStream): { readonly received: readonly Received[]; stop(): Promise<void> } {
  const received: Received[] = []
  const ended = (async () => {
    for await (const item of stream) received.push(item)
  })()
  // Looked at by `stop`; until then a failure must not be taken for one that nobody handles.
  ended.catch(() => undefined)
  return {
    received,
    async stop() {
      await stream.close()
      await ended
    },
  }
}

/** Waits for what a bus promises to become true, but not when. */
export const eventually = <T>(assertion: () => T | Promise<T>, timeout = 30_000): Promise<T> =>
  vi.waitFor(assertion, { timeout, interval: 25 })

/** Aborts when the test ends, so that a red clause leaves no reader behind. */
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

/** Every record a topic holds now, by partition and offset. */
export async function readTopic(bus: EventBus, topic: string): Promise<BusRecord[]> {
  const ranges = await bus.log.ranges(topic)
  const slices = ranges.map(({ partition, start, end }) => ({ topic, partition, from: start, to: end }))
  const records = await readSlices(bus, slices)
  return records.sort((a, b) => a.partition - b.partition || Number(a.offset - b.offset))
}

/** Where the group would go on: what it committed, else the start. */
export async function nextOffset(bus: EventBus, group: string, topic: string, partition = 0): Promise<bigint> {
  const committed = await bus.admin.committedOffsets(group, [topic])
  return committed.find((position) => position.partition === partition)?.offset ?? 0n
}

/**
 * Expects that work makes no group. Files that run meanwhile make groups on the same broker, so the work is repeated until it
 * finds a moment without: work that makes one never does.
 */
export const expectNoNewGroup = (bus: EventBus, work: () => Promise<unknown>): Promise<void> =>
  eventually(async () => {
    const before = new Set((await bus.admin.listGroups()).map(({ group }) => group))
    await work()
    const groups = (await bus.admin.listGroups()).map(({ group }) => group)
    expect(groups.filter((group) => !before.has(group))).toEqual([])
  })

export const text = (value: string): Uint8Array => Uint8Array.from(Buffer.from(value))

/** Drivers may return a Buffer where another returns a Uint8Array: the bytes are what counts. */
export const bytes = (value: Uint8Array | null | undefined): number[] | null | undefined => value && [...value]

/** What is left on the heap once everything unreachable is gone. */
export function usedHeap(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  return process.memoryUsage().heapUsed
}
