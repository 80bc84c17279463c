import { expect, test } from 'vitest'
import { InMemoryEventBus } from '../../../../src/drivers/memory/in-memory-event-bus.ts'
import { readTopology } from '../../../../src/operations/topology/gather-facts.ts'
import { findingName } from '../../../contract/support/topology-clauses.ts'
import { makeShop, openShop, type TopologyFault, topologyFaults } from '../../../support/topologies.ts'

const SHOPS = 200

/** A generator of pseudo-random numbers from 0 to 1 (mulberry32), so that a seed names a shop. */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

test(`finds every fault in ${SHOPS} generated shops and nothing else`, async () => {
  let [seeded, found, flowCount] = [0, 0, 0]
  for (let seed = 1; seed <= SHOPS; seed += 1) {
    const random = randomOf(seed)
    const faults = new Set<TopologyFault>(topologyFaults.filter(() => random() < 0.4))
    const shop = makeShop('', faults, random)
    await using bus = new InMemoryEventBus()
    await openShop(bus, shop)
    const { declarations, schemas } = shop
    const { findings, flows } = await readTopology(bus, {
      ...{ topics: [], number: 10_000, declarations, schemas, now: Date.now, signal: new AbortController().signal },
    })
    expect(findings.map(findingName).sort(), `seed ${seed}`).toEqual(shop.findings)
    const names = flows.map(
      ({ from, to, by, count }) =>
        `${from.topic}:${from.eventType}>${to.topic}:${to.eventType} ${by.join('|')} ${count}`,
    )
    expect(names.sort(), `seed ${seed}`).toEqual(shop.flows)
    seeded += shop.findings.length
    found += findings.length
    flowCount += flows.length
  }
  console.info(`${SHOPS} shops: ${found} of ${seeded} findings, ${flowCount} flows, 0 others`)
})
