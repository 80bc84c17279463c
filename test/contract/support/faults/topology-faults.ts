import { randomUUID } from 'node:crypto'
import { onTestFinished } from 'vitest'
import { serializedEvent } from '../../../../src/bus/event.ts'
import { readTopology } from '../../../../src/operations/topology/gather-facts.ts'
import { seededRandom } from '../../../../src/testing/faults.ts'
import { makeShop, openShop, type TopologyFault, topologyFaults } from '../../../support/topologies.ts'
import { testSignal } from '../harness.ts'
import { findingName } from '../topology-clauses.ts'
import type { BusAndStore } from './bus-and-store.ts'
import type { FaultTable } from './fault-table.ts'

const DEAD_LETTER_ENDS = ['-dlq', '.DLT', '-dead-letter', '.deadletters']
const CLEAN = 'none: dead letters, records without metadata'

/** The fault of a finding by its code and reason. */
const names: Readonly<Record<string, string>> = {
  'topic-missing': 'declared topic is missing',
  'topic-undeclared': 'undeclared topic',
  'type-unconsumed no-group': 'unread topic',
  'type-unconsumed not-declared': 'undeclared type',
  'type-unpublished': 'consumed type that nothing publishes',
  'consumer-missing': 'consumer missing',
  'group-idle': 'idle group',
  'schema-drift not-in-schema': 'schema drift: type is not in the schema',
  'schema-drift undecodable': 'schema drift: damaged payload',
}

const faultOf = (finding: string): string => {
  const parts = finding.split(' ')
  return names[parts[0] ?? ''] ?? names[`${parts[0]} ${parts.at(-1)}`] ?? finding
}

/** Opens shops with faults on a bus, and compares the findings of the topology of each with its faults. */
export async function compareTopologies({ bus }: BusAndStore, table: FaultTable): Promise<void> {
  table.expectFaults('topology', [CLEAN, ...Object.values(names)])
  const random = seededRandom(11)
  const half = new Set<TopologyFault>(topologyFaults.filter(() => random() < 0.5))
  const faults = new Set<TopologyFault>(topologyFaults)
  const shops = [new Set<TopologyFault>(), faults, half, faults.difference(half)].map((own) => {
    const prefix = `f-${randomUUID()}-`
    return { prefix, shop: makeShop(prefix, own, random) }
  })
  const opened = await Promise.all(
    shops.map(async ({ prefix, shop }) => {
      const streams = await openShop(bus, shop)
      for (const end of DEAD_LETTER_ENDS) {
        await bus.admin.createTopic(`${prefix}order-commands${end}`, { partitions: 1 })
        await bus.publish(`${prefix}order-commands${end}`, serializedEvent('orderDo.v1', Buffer.from('{}')))
      }
      await bus.publish(`${prefix}payment-events`, serializedEvent('paymentDone.v1', Buffer.from('{}')))
      await bus.log.append(`${prefix}payment-events`, [{ key: null, value: Buffer.from('not an event') }])
      return streams
    }),
  )
  onTestFinished(async () => void (await Promise.all(opened.flat().map((stream) => stream.close()))))
  for (const { prefix, shop } of shops) {
    const { declarations, schemas, findings: seeded } = shop
    const { findings } = await readTopology(bus, {
      ...{ topics: [`${prefix}*`], number: 1000, declarations, schemas, now: Date.now, signal: testSignal() },
    })
    const byFault = { [CLEAN]: [], ...Object.groupBy(seeded, faultOf) } as Readonly<Record<string, readonly string[]>>
    table.compare('topology', byFault, findings.map(findingName), faultOf)
  }
}
