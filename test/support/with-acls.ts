import type { Acl } from '../../src/bus/cluster/acl.ts'
import type { EventBus } from '../../src/bus/event-bus.ts'
import { withAdmin } from './with-admin.ts'

const keyOf = (acl: Acl): string => JSON.stringify(Object.entries(acl).sort())

/** Returns a bus that keeps ACLs in a list, without applying them. */
export function withAcls(bus: EventBus, acls: Acl[]): EventBus {
  const remove = (some: readonly Acl[]) => {
    const keys = new Set(some.map(keyOf))
    acls.splice(0, acls.length, ...acls.filter((acl) => !keys.has(keyOf(acl))))
  }
  return withAdmin(bus, {
    listAcls: async () => [...acls],
    createAcls: async (some) => {
      remove(some)
      acls.push(...some)
    },
    deleteAcls: async (some) => remove(some),
  })
}
