import { expect, test } from 'vitest'
import { eventually } from './harness.ts'
import { named, type StoreContract } from './store-harness.ts'

const OWNER = 'checkout saga/ä'

export function leaseClauses({ store, connections, isShared, start }: StoreContract): void {
  test('one at a time has it', async () => {
    const [first, second] = connections(2)
    const lease = await first?.outbox.lease(OWNER)
    expect(lease?.lost.aborted).toBe(false)
    expect(await second?.outbox.lease(OWNER)).toBeUndefined()
    expect(await first?.outbox.lease(OWNER)).toBeUndefined()
    await lease?.release()
    const next = await second?.outbox.lease(OWNER)
    expect(next).toBeDefined()
    // Released twice, it must not take the other's.
    await lease?.release()
    expect(await first?.outbox.lease(OWNER)).toBeUndefined()
    expect(lease?.lost.aborted).toBe(false)
    await next?.release()
    expect(await first?.outbox.lease(OWNER)).toBeDefined()
  })

  test('of many that ask at once one gets it', async () => {
    const asked = await Promise.all(connections(8).map((one) => one.outbox.lease(OWNER)))
    expect(asked.filter((lease) => lease !== undefined)).toHaveLength(1)
  })

  test('owners have one each', async () => {
    expect(await store().outbox.lease(OWNER)).toBeDefined()
    expect(await store().outbox.lease(`${OWNER}2`)).toBeDefined()
  })

  test('nobody else waits for who holds it', async () => {
    await store().outbox.lease(OWNER)
    const [other] = connections(1)
    expect(await other?.append('order-1', 0, [named('a')])).toBe(1)
  })

  if (isShared) {
    test('is lost when its store is closed, and another may have it', async () => {
      const [first, second] = connections(2)
      const lease = await first?.outbox.lease(OWNER)
      await first?.close()
      expect(lease?.lost.aborted).toBe(true)
      await eventually(async () => expect(await second?.outbox.lease(OWNER)).toBeDefined())
    })

    test('ends with the process that holds it, however that dies', async () => {
      const process = await start({ do: 'lease', owner: OWNER }, 'holding')
      expect(await store().outbox.lease(OWNER)).toBeUndefined()
      await start({ do: 'lease', owner: OWNER }, 'refused')
      await process.die()
      const lease = await eventually(async () => {
        const taken = await store().outbox.lease(OWNER)
        expect(taken).toBeDefined()
        return taken
      })
      await start({ do: 'lease', owner: OWNER }, 'refused')
      expect(lease?.lost.aborted).toBe(false)
    })
  }
}
