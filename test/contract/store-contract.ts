import { beforeEach, describe, onTestFinished } from 'vitest'
import type { EventStore } from '../../src/store/event-store.ts'
import { openStoreSetup } from '../../src/store/open.ts'
import { startProcess } from './support/start-process.ts'
import { appendClauses } from './support/store-append-clauses.ts'
import { backlogClauses } from './support/store-backlog-clauses.ts'
import { closingClauses } from './support/store-closing-clauses.ts'
import { commitClauses } from './support/store-commit-clauses.ts'
import { deadLetterClauses } from './support/store-dead-letter-clauses.ts'
import { eventClauses } from './support/store-event-clauses.ts'
import type { StoreContract, StoreHarness } from './support/store-harness.ts'
import { leaseClauses } from './support/store-lease-clauses.ts'
import { outboxClauses } from './support/store-outbox-clauses.ts'
import { readClauses } from './support/store-read-clauses.ts'
import { timerClauses } from './support/store-timer-clauses.ts'

/**
 * The contract of every event store. Features of a single store are tested in its own file.
 */
export function storeContract(name: string, harness: StoreHarness): void {
  describe(name, () => {
    let location: string
    let store: EventStore
    const contract: StoreContract = {
      isShared: harness.isShared,
      store: () => store,
      connections: (count) =>
        Array.from({ length: count }, () => {
          if (!harness.isShared) return store
          const another = harness.open(location)
          onTestFinished(() => another.close())
          return another
        }),
      setup: () => openStoreSetup(location),
      async start(task, line) {
        const started = await startProcess('store-process.ts', [location, task], line)
        onTestFinished(() => started.die())
        return started
      },
    }

    beforeEach(async () => {
      location = await harness.newStore()
      store = harness.open(location)
      return () => store.close()
    })

    describe('append', () => appendClauses(contract))
    describe('what is stored', () => eventClauses(contract))
    describe('commit', () => commitClauses(contract))
    describe('timers', () => timerClauses(contract))
    describe('outbox', () => outboxClauses(contract))
    describe('lease', () => leaseClauses(contract))
    describe('read', () => readClauses(contract))
    describe('dead letters', () => deadLetterClauses(contract))
    if (harness.isShared) describe('backlog', () => backlogClauses(contract))
    describe('closing', () => closingClauses(contract))
  })
}
