import type { EventBus } from '../../bus/event-bus.ts'
import type { StoreSetup } from '../../store/layout.ts'
import { type AuditResult, audit } from './audit.ts'
import type { AuditRequest } from './gather-messages.ts'
import { applyRepair, type Repaired, type RepairRequest } from './repair.ts'

/** Audits the store of a setup; see {@link audit}. A store with only the tables of Rust services has no outbox. */
export async function auditStore(
  bus: EventBus,
  setup: StoreSetup,
  request: Omit<AuditRequest, 'owners' | 'storeTime'> & { readonly now: () => number },
): Promise<AuditResult> {
  const missing = (await setup.inspect()).some(({ kind, exists }) => kind === 'table' && !exists)
  await using store = await setup.open()
  return await audit(bus, store, {
    ...request,
    owners: async () => (missing ? [] : (await setup.backlog()).owners.map(({ owner }) => owner)),
    storeTime: async () => (missing ? request.now() : (await setup.backlog()).now.getTime()),
  })
}

/** Publishes what an audit of the store of a setup did not find; see {@link applyRepair}. */
export async function repairStore(
  bus: EventBus,
  setup: StoreSetup,
  result: AuditResult,
  request: RepairRequest,
): Promise<Repaired> {
  await using store = await setup.open()
  return await applyRepair(bus, store, result, request)
}
