import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { busContract } from './bus-contract.ts'
import { take } from './support/harness.ts'

const broker = new MemoryBroker()

busContract('InMemoryEventBus', {
  open: async (options) => new InMemoryEventBus({ ...options, broker }),
  async startMember({ topic, group, take: count }) {
    const bus = new InMemoryEventBus({ broker })
    await take(await bus.subscribe([topic], { group }), count)
    return { die: async () => broker.disconnect(bus) }
  },
  takeoverWithin: 5000,
})
