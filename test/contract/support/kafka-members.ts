import { inject, onTestFinished } from 'vitest'
import type { GroupMember, JoinRequest } from '../../../src/bus/driver-port.ts'
import type { BusRecord, NewRecord } from '../../../src/bus/record.ts'
import { KafkaDriver } from '../../../src/drivers/kafka/kafka-driver.ts'
import { RedpandaEventBus } from '../../../src/drivers/kafka/redpanda-event-bus.ts'
import type { RedpandaEventBusOptions } from '../../../src/drivers/kafka/redpanda-options.ts'
import { uniqueGroup } from './harness.ts'

const brokers = inject('kafkaBrokers')

/** Opens a bus on the broker of the test run. Closes it when the test ends. */
export function openBus(options: Partial<RedpandaEventBusOptions> = {}): RedpandaEventBus {
  const bus = new RedpandaEventBus({ brokers, ...options })
  onTestFinished(() => bus.close().catch(() => undefined))
  return bus
}

/** Opens a driver with a time-out of five seconds. Closes it when the test ends. */
export function openDriver(at = brokers): KafkaDriver {
  const driver = new KafkaDriver({ brokers: [at], clientId: 'test', timeout: 5000, acks: 1, compression: 0 })
  onTestFinished(() => driver.close().catch(() => undefined))
  return driver
}

/** A record to append. */
export const record = (value: string | number, more: Partial<NewRecord> = {}): NewRecord => ({
  key: Buffer.from('key'),
  value: Buffer.from(String(value)),
  ...more,
})

export const textOf = ({ value }: BusRecord): string => Buffer.from(value ?? []).toString()

/** The request of a member that joins a new group. */
export const joining = (topics: readonly string[], more: Partial<JoinRequest> = {}): JoinRequest => ({
  topics,
  group: uniqueGroup(),
  offsetReset: 'earliest',
  bufferSize: 1000,
  ...more,
})

/** Takes and acknowledges records until `into` holds `count` values. */
export async function takeValues(member: GroupMember, count: number, into: string[] = []): Promise<string[]> {
  while (into.length < count) {
    const batch = await member.next()
    if (!batch) break
    for (const [index, one] of batch.records.entries()) {
      if (batch.revoked) break
      into.push(textOf(one))
      batch.acknowledge(index)
    }
    batch.finish()
  }
  return into
}

/** How many milliseconds work takes. */
export async function elapsed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}
