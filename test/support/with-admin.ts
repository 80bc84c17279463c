import type { BusAdmin } from '../../src/bus/admin.ts'
import type { EventBus } from '../../src/bus/event-bus.ts'

/** Returns a bus with some replaced methods of its administration. */
export function withAdmin(bus: EventBus, different: Partial<BusAdmin>): EventBus {
  return {
    log: bus.log,
    admin: { ...bus.admin, ...different },
    publish: (...args) => bus.publish(...args),
    subscribe: (topics, options) => bus.subscribe(topics, options),
    close: () => bus.close(),
    [Symbol.asyncDispose]: () => bus.close(),
  }
}
