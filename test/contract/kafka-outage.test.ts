import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import type { Outage } from '../../src/bus/outage.ts'
import type { BusRecord } from '../../src/bus/record.ts'
import { Stop } from '../../src/cli/process/stop.ts'
import Tail from '../../src/commands/tail.ts'
import { RedpandaEventBus } from '../../src/drivers/kafka/redpanda-event-bus.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { runCli } from '../commands/run-cli.ts'
import { startKafka, type TestKafka } from '../support/kafka.ts'
import { freePort } from '../support/watched-process.ts'
import { eventually, newTopic, numbered, numberOf, pump, testSignal, uniqueGroup } from './support/harness.ts'

const isHere = inject('kafkaBrokers') !== '' && !process.env.CRBUS_TEST_BROKERS

describe.skipIf(!isHere)('an outage of the only broker', () => {
  let kafka: TestKafka
  beforeAll(async () => {
    kafka = await startKafka()
  })
  afterAll(() => kafka?.dispose())

  function openBus(timeout = 1000): RedpandaEventBus {
    const bus = new RedpandaEventBus({ brokers: kafka.brokers, timeout })
    onTestFinished(() => bus.close().catch(() => undefined))
    return bus
  }

  const statesOf = (outages: readonly Outage[]) => outages.map(({ state }) => state)

  /** Reads until the read ends. Returns the offsets read so far, and a promise of the end. */
  function collect(reading: AsyncIterable<readonly BusRecord[]>) {
    const offsets: number[] = []
    const ended = (async () => {
      for await (const batch of reading) offsets.push(...batch.map(({ offset }) => Number(offset)))
    })()
    ended.catch(() => undefined)
    return { offsets, ended }
  }

  test('does not end followers, subscriptions and tail, and ends a bounded read at its limit', {
    timeout: 180_000,
  }, async () => {
    const bus = openBus(20_000)
    const topic = await newTopic(bus)
    const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index)
    const publish = async (from: number, to: number) => {
      for (const number of numbers(from, to)) await bus.publish(topic, numbered(number))
    }
    await publish(0, 5)
    const outages: { reader: Outage[]; bounded: Outage[]; member: Outage[] } = { reader: [], bounded: [], member: [] }
    const signal = testSignal()
    const slice = { topic, partition: 0, from: 0n }
    const onOutage = (outage: Outage) => void outages.reader.push(outage)
    const reader = collect(openBus().log.read([slice], { signal, onOutage }))
    const bounded = collect(
      openBus().log.read([{ ...slice, to: 100n }], {
        signal,
        outageLimit: 4000,
        onOutage: (outage) => void outages.bounded.push(outage),
      }),
    )
    // A broker that has just started needs a while to become a coordinator.
    const stream = await openBus(20_000).subscribe([topic], {
      group: uniqueGroup(),
      autoOffsetReset: 'earliest',
      onOutage: (outage) => void outages.member.push(outage),
    })
    const member = pump(stream)
    const stop = new Stop()
    let [stdout, stderr] = ['', '']
    const tail = runCli(Tail, [topic, '--from', 'start', '-o', '%o', '--utc'], {
      broker: new MemoryBroker(),
      stop,
      openBus: () => new RedpandaEventBus({ brokers: kafka.brokers, timeout: 1000 }),
      onStdout: (text) => {
        stdout += text
      },
      onStderr: (text) => {
        stderr += text
      },
    })
    const limitedReads = Promise.withResolvers<void>()
    const limited = runCli(Tail, [topic, '--from', 'start', '-o', '%o', '--give-up-after', '3s'], {
      broker: new MemoryBroker(),
      openBus: () => new RedpandaEventBus({ brokers: kafka.brokers, timeout: 1000 }),
      onStdout: () => limitedReads.resolve(),
    })
    await limitedReads.promise
    const received = () => member.received.map(numberOf)
    await eventually(() => {
      expect([reader.offsets, bounded.offsets, received()]).toEqual([0, 1, 2].map(() => numbers(0, 5)))
      expect(stdout).toBe('0\n1\n2\n3\n4\n')
    })

    await kafka.stop()
    await expect(bounded.ended).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
      message: expect.stringMatching(/refused the connection; gave up after 4 s$/),
    })
    const gaveUp = await limited
    expect(gaveUp.stderr).toMatch(/refused the connection; gave up after 3 s/)
    expect(gaveUp.stderr).toContain('\n  try: --give-up-after 10m (waits longer for a bus that stops answering)\n')
    expect(gaveUp.exitCode).toBe(3)
    await eventually(() => expect([statesOf(outages.reader), statesOf(outages.member)]).toEqual([['lost'], ['lost']]))
    await eventually(() => expect(stderr).toMatch(/^connection lost, retrying since 10:00:00Z: 127.0.0.1:\d+ .+\n$/))
    await kafka.start()
    await eventually(() => publish(5, 6), 60_000)
    await publish(6, 10)

    await eventually(() => expect(reader.offsets).toEqual(numbers(0, reader.offsets.length)), 60_000)
    await eventually(() => {
      expect(new Set(received())).toEqual(new Set(numbers(0, 10)))
      expect(reader.offsets.length).toBeGreaterThanOrEqual(10)
      expect(stdout.trim().split('\n').map(Number)).toEqual(reader.offsets)
    }, 60_000)
    await eventually(() => expect(statesOf(outages.member)).toEqual(['lost', 'restored']))
    expect(statesOf(outages.reader)).toEqual(['lost', 'restored'])
    expect(statesOf(outages.bounded)).toEqual(['lost'])
    expect(stderr).toMatch(/ refused the connection\nback after [\dms]+; reading resumes where it stopped\n$/)
    // These were committed before the outage, so they are not delivered again.
    expect(received().slice(0, 5)).toEqual(numbers(0, 5))
    expect(received().filter((number) => number === 0)).toHaveLength(1)
    stop.request('interrupted')
    await tail
    await member.stop()
  })

  test('tail of a missing broker fails at once with the address', async () => {
    const brokers = `127.0.0.1:${await freePort()}`
    const began = performance.now()
    const { stderr, exitCode } = await runCli(Tail, ['order-events'], {
      broker: new MemoryBroker(),
      openBus: () => new RedpandaEventBus({ brokers }),
    })
    expect(stderr).toContain(`Connection failed: ${brokers}`)
    expect(exitCode).toBe(3)
    expect(performance.now() - began).toBeLessThan(5000)
  })
})
