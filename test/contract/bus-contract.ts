import { beforeEach, describe, onTestFinished } from 'vitest'
import type { EventBus } from '../../src/bus/event-bus.ts'
import { adminClauses } from './support/admin-clauses.ts'
import { appendClauses } from './support/append-clauses.ts'
import { batchClauses } from './support/batch-clauses.ts'
import { eventClauses } from './support/event-clauses.ts'
import { groupClauses } from './support/group-clauses.ts'
import type { Harness } from './support/harness.ts'
import { lagClauses } from './support/lag-clauses.ts'
import { nextBatchClauses } from './support/next-batch-clauses.ts'
import { orderClauses } from './support/order-clauses.ts'
import { probeClauses } from './support/probe-clauses.ts'
import { readClauses } from './support/read-clauses.ts'
import { resetClauses } from './support/reset-clauses.ts'
import { tailGroupClauses } from './support/tail-group-clauses.ts'
import { takeBatchClauses } from './support/take-batch-clauses.ts'
import { topologyClauses } from './support/topology-clauses.ts'
import { traceClauses } from './support/trace-clauses.ts'
import { trimClauses } from './support/trim-clauses.ts'

/** What each clause gets: the harness, which closes its buses when the clause ends, and an open bus. */
export interface Contract extends Harness {
  readonly bus: () => EventBus
}

/**
 * Runs the tests that every bus has to pass, in memory, in a file or on Kafka. Behavior of a single bus is tested in a file of
 * its own.
 */
export function busContract(name: string, harness: Harness): void {
  describe(name, () => {
    let bus: EventBus
    const contract: Contract = {
      ...harness,
      bus: () => bus,
      async open(options) {
        const opened = await harness.open(options)
        onTestFinished(() => opened.close())
        return opened
      },
      async startMember(request) {
        const member = await harness.startMember(request)
        onTestFinished(() => member.die())
        return member
      },
    }

    beforeEach(async () => {
      bus = await harness.open()
      return () => bus.close()
    })

    describe('append', () => appendClauses(contract))
    describe('read', () => readClauses(contract))
    describe('publish and subscribe', () => eventClauses(contract))
    describe('batches of a subscription', () => nextBatchClauses(contract))
    describe('order of commands of an aggregate', () => orderClauses(contract))
    describe('batches acknowledged by the subscriber', () => takeBatchClauses(contract))
    describe('groups', () => groupClauses(contract))
    describe('administration', () => adminClauses(contract))
    describe('deletion of records', () => trimClauses(contract))
    describe('queries about many topics and groups', () => batchClauses(contract))
    describe('tail as a group', () => tailGroupClauses(contract))
    describe('lag', () => lagClauses(contract))
    describe('traces', () => traceClauses(contract))
    describe('topology', () => topologyClauses(contract))
    describe('probe', () => probeClauses(contract))
    describe('resets', () => resetClauses(contract))
  })
}
