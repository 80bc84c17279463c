import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import type { SerializedEvent } from '../../src/bus/event.ts'
import { monotonicClock } from '../../src/bus/time/monotonic-clock.ts'
import { decodeCbor } from '../../src/codecs/cbor/cbor.ts'
import { messageId } from '../../src/codecs/message-id.ts'
import { EmbeddedEventBus } from '../../src/drivers/embedded/embedded-event-bus.ts'
import { Watch } from '../../src/saga/reports/watch.ts'
import { Relay } from '../../src/saga/runtime/relay.ts'
import { SqliteEventStore } from '../../src/store/sqlite/sqlite-event-store.ts'
import type { OutboxProcess } from './support/outbox-process.ts'
import { eventsOn, streamsOf } from './support/shop-ledger.ts'
import { type StartedProcess, startProcess } from './support/start-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'crbus-outbox-'))
afterAll(() => rmSync(folder, { recursive: true }))

const KILLS = 200
const OWNER = 'counter-aggregate'
const TOPIC = 'counter-events'

test(`the outbox loses no message and keeps the order of every stream when processes are killed ${KILLS} times between append and publish`, {
  timeout: 600_000,
}, async () => {
  const path = join(folder, 'bus.db')
  const location = join(folder, 'store.db')
  await using bus = new EmbeddedEventBus({ path, createTopics: true })
  await using store = new SqliteEventStore({ path: location })
  const start = (turn: number): Promise<StartedProcess> => {
    const what: OutboxProcess = { bus: path, store: location, topic: TOPIC, turn }
    return startProcess('outbox-process.ts', [what], 'ready')
  }

  let left = 0
  let next = start(0)
  for (let turn = 0; turn < KILLS; turn += 1) {
    const process = await next
    // The next process starts meanwhile.
    next = turn + 1 < KILLS ? start(turn + 1) : next
    await process.tell('counting')
    await sleep(Math.random() * 60)
    await process.die()
    if ((await store.outbox.pending(OWNER, 1)).length > 0) left += 1
  }
  const relay = new Relay({
    bus,
    store,
    owner: OWNER,
    clock: monotonicClock,
    watch: new Watch({ name: OWNER, group: OWNER, onError: ({ error }) => expect.fail(error.message) }),
  })
  while ((await relay.pass()) > 0);

  // Otherwise no process was killed between append and publish.
  expect(left).toBeGreaterThan(KILLS / 10)
  const streams = await streamsOf(store, 'counter-')
  expect(streams.size).toBe(10)
  const published = Map.groupBy(await eventsOn(bus, TOPIC), counterOf)
  expect(published.size).toBe(10)
  for (const stream of streams.values()) {
    const stored = stream.map(({ event }) => event)
    expect(stored.length).toBeGreaterThan(0)
    const onTopic = published.get(counterOf(stored[0] as SerializedEvent)) ?? []
    expect(onTopic.map(messageId)).toEqual(stored.map(messageId))
  }
})

function counterOf({ data }: SerializedEvent): string {
  const decoded = decodeCbor(data)
  return decoded.ok ? (decoded.value as { readonly counter: string }).counter : decoded.reason
}
