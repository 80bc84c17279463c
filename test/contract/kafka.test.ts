import { describe, inject, test } from 'vitest'
import { RedpandaEventBus } from '../../src/drivers/kafka/redpanda-event-bus.ts'
import { busContract } from './bus-contract.ts'
import { startMemberProcess } from './support/start-member-process.ts'

const brokers = inject('kafkaBrokers')

if (brokers === '') describe.skip('RedpandaEventBus: no broker to test on', () => test('contract', () => {}))
else {
  busContract('RedpandaEventBus', {
    open: async (options) => new RedpandaEventBus({ brokers, ...options }),
    startMember: (request) => startMemberProcess({ kind: 'kafka', brokers }, request),
    takeoverWithin: 60_000,
  })
}
