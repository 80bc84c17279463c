import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { watchLag } from '../../src/operations/lag/watch.ts'
import { startKafka, type TestKafka } from '../support/kafka.ts'
import { newTopic, uniqueGroup } from './support/harness.ts'
import { elapsed, joining, openBus, openDriver, record, takeValues, textOf } from './support/kafka-members.ts'

const brokers = inject('kafkaBrokers')

describe.skipIf(brokers === '' || Boolean(process.env.CRBUS_TEST_BROKERS))(
  'a broker that stops and starts again',
  () => {
    let kafka: TestKafka
    beforeAll(async () => {
      kafka = await startKafka()
    })
    afterAll(() => kafka?.dispose())

    test.each(['stop', 'kill'] as const)(
      'after %s, readers and subscribers continue; publishers fail meanwhile',
      async (how) => {
        const bus = openBus({ brokers: kafka.brokers, timeout: 1500 })
        const topic = await newTopic(bus, 2)
        const stop = new AbortController()
        const read: string[] = []
        const reading = (async () => {
          const slices = [0, 1].map((partition) => ({ topic, partition, from: 0n }))
          for await (const batch of bus.log.read(slices, { signal: stop.signal })) read.push(...batch.map(textOf))
        })()
        const member = await openDriver(kafka.brokers).join(joining([topic]))
        const taken: string[] = []
        const taking = takeValues(member, Number.POSITIVE_INFINITY, taken)
        const send = (from: number) =>
          bus.log.append(topic, [record(from, { partition: 0 }), record(from + 1, { partition: 1 })])
        await send(0)
        await vi.waitFor(() => expect([read.length, taken.length]).toEqual([2, 2]), 5000)
        await sleep(400)

        await kafka[how]()
        const failing = expect(send(100)).rejects.toMatchObject({
          code: 'CONNECTION_FAILED',
          message: expect.stringContaining(kafka.brokers),
        })
        expect(await elapsed(() => failing)).toBeLessThan(4000)
        await sleep(2000)
        await kafka.start()

        await send(2)
        const everything = ['0', '1', '2', '3']
        await vi.waitFor(() => {
          expect([...new Set(read)].sort()).toEqual(everything)
          expect([...new Set(taken)].sort()).toEqual(everything)
        }, 30_000)
        expect(read.length).toBe(4)
        stop.abort()
        await reading
        await member.close()
        await taking
      },
    )

    test('receives the commit of an offset that an idle member acknowledged during the outage', async () => {
      const bus = openBus({ brokers: kafka.brokers })
      const topic = await newTopic(bus)
      await bus.log.append(topic, [record(0), record(1)])
      const request = joining([topic])
      const member = await openDriver(kafka.brokers).join(request)
      const batch = await member.next()
      await kafka.stop()
      batch?.acknowledge(1)
      batch?.finish()
      const waiting = member.next()
      // By then, the commit has been attempted and has failed.
      await sleep(1000)
      await kafka.start()
      await vi.waitFor(
        async () =>
          expect(await bus.admin.committedOffsets(request.group)).toEqual([{ topic, partition: 0, offset: 2n }]),
        20_000,
      )
      await member.close()
      await waiting
    })

    test('fails the close of a member with an offset to commit, and closes a member without one at once', async () => {
      const driver = openDriver(kafka.brokers)
      const bus = openBus({ brokers: kafka.brokers })
      const topic = await newTopic(bus)
      await bus.log.append(topic, [record(0), record(1)])
      const owing = await driver.join(joining([topic]))
      const idle = await driver.join(joining([topic]))
      const batch = await owing.next()
      await kafka.kill()
      batch?.acknowledge(0)
      expect(await elapsed(() => idle.close())).toBeLessThan(2000)
      const failing = expect(owing.close()).rejects.toMatchObject({ code: 'CONNECTION_FAILED' })
      expect(await elapsed(() => failing)).toBeLessThan(8000)
      expect(await elapsed(() => driver.close())).toBeLessThan(500)
      await kafka.start()
    })

    test('is reported by a watch of lag, which continues after the restart', async () => {
      const bus = openBus({ brokers: kafka.brokers, timeout: 1500 })
      const topic = await newTopic(bus)
      const group = uniqueGroup()
      await bus.log.append(topic, [record(0), record(1)])
      await bus.admin.commitOffsets(group, [{ topic, partition: 0, offset: 1n }])
      const stop = new AbortController()
      onTestFinished(() => stop.abort())
      const snapshots = watchLag(bus, { groups: [group], interval: 100, now: Date.now, signal: stop.signal })
      const next = async () => (await snapshots.next()).value
      expect(await next()).toMatchObject({ ok: true, report: { groups: [{ group, lag: 1n }] } })

      await kafka.kill()
      expect(await next()).toMatchObject({ ok: false, reason: expect.stringContaining(kafka.brokers) })
      await kafka.start()

      await vi.waitFor(
        async () => expect(await next()).toMatchObject({ ok: true, report: { groups: [{ lag: 1n }] } }),
        30_000,
      )
    })
  },
)
