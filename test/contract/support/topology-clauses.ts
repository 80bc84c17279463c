import { randomUUID } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { readTopology } from '../../../src/operations/topology/gather-facts.ts'
import type { Finding } from '../../../src/operations/topology/topology.ts'
import { makeShop, openShop, topologyFaults } from '../../support/topologies.ts'
import type { Contract } from '../bus-contract.ts'
import { testSignal } from './harness.ts'

/** Names a finding as a shop does. */
export function findingName(finding: Finding): string {
  const { code, topic, topics, types, service, group, reason } = { ...finding } as Record<string, unknown>
  return [code, topic ?? topics, types, service, group, reason].filter((part) => part !== undefined).join(' ')
}

export function topologyClauses({ bus }: Contract): void {
  test('finds every fault of a shop and no other, and the flows between its topics with their services', async () => {
    const prefix = `t-${randomUUID()}-`
    const shop = makeShop(prefix, new Set(topologyFaults), () => 0.5)
    const streams = await openShop(bus(), shop)
    onTestFinished(async () => void (await Promise.all(streams.map((stream) => stream.close()))))

    const { declarations, schemas } = shop
    const { findings, flows, topics } = await readTopology(bus(), {
      ...{ topics: [`${prefix}*`], number: 1000, declarations, schemas, now: Date.now, signal: testSignal() },
    })

    expect(findings.map(findingName).sort()).toEqual(shop.findings)
    const names = flows.map(({ from, to, by, count }) => {
      return `${from.topic}:${from.eventType}>${to.topic}:${to.eventType} ${by.join('|')} ${count}`
    })
    expect(names.sort()).toEqual(shop.flows)
    expect(topics.reduce((sum, { sampled }) => sum + sampled, 0)).toBe([...shop.events.values()].flat().length)
    const orders = topics.find(({ topic }) => topic === `${prefix}order-events`)
    expect(orders?.readers).toMatchObject([
      { group: `${prefix}checkout-saga`, service: `${prefix}checkout`, memberCount: 1, state: 'Stable' },
    ])
  }, 60_000)
}
