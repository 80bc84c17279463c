import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { EmbeddedEventBus } from '../../src/drivers/embedded/embedded-event-bus.ts'
import { SqliteEventStore } from '../../src/store/sqlite/sqlite-event-store.ts'
import { fakeClock, onFakeClock } from '../support/fake-clock.ts'
import type { ClockTask } from './support/clock-process.ts'
import { eventually, newTopic, numbered, numberedList, numberOf, pump, uniqueGroup } from './support/harness.ts'
import { startProcess } from './support/start-process.ts'

// Real processes with a wrong clock, or a clock that is set while they run. The test itself uses the real clock.

const OFFSETS = ['+1h', '-1h', '+400d', '-400d']
/** The session time-out of the processes and of the buses in this file, in milliseconds. */
const SESSION_TIMEOUT = 2000

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crbus-clocks-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
})

async function started(task: ClockTask, env: Readonly<Record<string, string>>) {
  const process = await startProcess('clock-process.ts', [task], 'begun', env)
  onTestFinished(() => process.die())
  return process
}

describe.runIf(onFakeClock)('a wrong clock', () => {
  test.each(OFFSETS)('does not delay the takeover from a member that died with it: %s', async (offset) => {
    const path = join(folder, 'bus.db')
    await using bus = new EmbeddedEventBus({ path, sessionTimeout: SESSION_TIMEOUT })
    const topic = await newTopic(bus, 2)
    const group = uniqueGroup()
    await bus.publish(topic, numberedList(10))
    const dead = await started({ do: 'take', path, topic, group }, fakeClock(offset).env)
    await dead.said('got 0')
    await dead.die()

    const begun = performance.now()
    const { received, stop } = pump(await bus.subscribe([topic], { group }))
    await bus.publish(topic, numbered(77))
    await eventually(() => expect(received.map(numberOf)).toContain(77))
    await stop()
    expect(performance.now() - begun).toBeLessThan(5 * SESSION_TIMEOUT)
    // No member is left that would block a reset.
    await bus.admin.commitOffsets(group, [{ topic, partition: 0, offset: 0n }])
  })

  test.each(OFFSETS)('does not take partitions from living members: %s', async (offset) => {
    const path = join(folder, 'bus.db')
    await using bus = new EmbeddedEventBus({ path, sessionTimeout: SESSION_TIMEOUT })
    const topic = await newTopic(bus, 2)
    const group = uniqueGroup()
    const clock = fakeClock('+0')
    const both = [
      await started({ do: 'take', path, topic, group }, clock.env),
      await started({ do: 'take', path, topic, group }, clock.env),
    ]
    const read = new DatabaseSync(path, { readOnly: true })
    onTestFinished(() => read.close())
    // Every rebalance increments the generation, even if the assignment stays the same.
    const claims = () =>
      read
        .prepare(
          'SELECT partition_id, member_id, generation FROM claims c JOIN groups g ON g.name = c.group_name ORDER BY 1',
        )
        .all()
    const owners = () => new Set(claims().map(({ member_id }) => member_id)).size
    await eventually(() => expect(owners()).toBe(2))
    const before = claims()

    clock.set(offset)
    // By then, every member has renewed its lease several times.
    await sleep(2 * SESSION_TIMEOUT)
    expect(claims()).toEqual(before)
    await bus.publish(topic, numberedList(20))
    await sleep(SESSION_TIMEOUT)
    const got = (await Promise.all(both.map((process) => process.end()))).flat()
    expect(got.map((line) => Number(line.slice('got '.length))).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, number) => number),
    )
    const committed = await bus.admin.committedOffsets(group)
    const ends = await bus.log.ranges(topic)
    expect(committed.map((one) => one.offset)).toEqual(ends.map(({ end }) => end))
  })

  test.each(OFFSETS)('does not keep a store lease after its process has died: %s', async (offset) => {
    const path = join(folder, 'store.db')
    await using store = new SqliteEventStore({ path })
    const holder = await startProcess(
      'store-process.ts',
      [path, { do: 'lease', owner: 'billing' }],
      'holding',
      fakeClock(offset).env,
    )
    expect(await store.outbox.lease('billing')).toBeUndefined()
    await holder.die()
    expect(await store.outbox.lease('billing')).toBeDefined()
  })

  test.each(OFFSETS)('does not prevent a timer from firing exactly once: %s', async (offset) => {
    const path = join(folder, 'store.db')
    const process = await started({ do: 'timers', path, id: 'a', after: 500 }, fakeClock(offset).env)
    await process.said('fired a')
    expect(await process.end()).toEqual(['fired a'])
  })

  test.each(['+1h', '+400d'])('fires a timer once when it is set past the due time: %s', async (offset) => {
    const path = join(folder, 'store.db')
    const clock = fakeClock('+0')
    const process = await started({ do: 'timers', path, id: 'a', after: 30 * 60_000 }, clock.env)
    clock.set(offset)
    await process.said('fired a')
    expect(await process.end()).toEqual(['fired a'])
  })

  test.each(['-1h', '-400d'])('fires a timer once after it was set back and corrected: %s', async (offset) => {
    const path = join(folder, 'store.db')
    const clock = fakeClock('+0')
    const process = await started({ do: 'timers', path, id: 'a', after: 500 }, clock.env)
    clock.set(offset)
    await sleep(1500)
    clock.set('+1s')
    await process.said('fired a')
    expect(await process.end()).toEqual(['fired a'])
  })
})
