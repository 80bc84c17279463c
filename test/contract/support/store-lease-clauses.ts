import { expect, test } from 'vitest'
import { eventually } from './harness.ts'
import { named, type StoreContract } from './store-harness.ts'

const OWNER = 'checkout saga/ä'

export function leaseClauses({ store, connections, isShared, start }: StoreContract): void {
  test('has one holder at a time', async () => {
    const [first, second] = connections(2)
    const lease = await first?.outbox.lease(OWNER)
    expect(lease?.lost.aborted).toBe(false)
    expect(await second?.outbox.lease(OWNER)).toBeUndefined()
    expect(await first?.outbox.lease(OWNER)).toBeUndefined()
    await lease?.release()
    const next = await second?.outbox.lease(OWNER)
    expect(next).toBeDefined()
    // A second release must not end the lease of the other store.
    await lease?.release()
    expect(await first?.outbox.lease(OWNER)).toBeUndefined()
    expect(lease?.lost.aborted).toBe(false)
    await next?.release()
    expect(await first?.outbox.lease(OWNER)).toBeDefined()
  })

  test('goes to one of several concurrent takers', async () => {
    const asked = await Promise.all(connections(8).map((one) => one.outbox.lease(OWNER)))
    expect(asked.filter((lease) => lease !== undefined)).toHaveLength(1)
  })

  test('is separate for each owner', async () => {
    expect(await store().outbox.lease(OWNER)).toBeDefined()
    expect(await store().outbox.lease(`${OWNER}2`)).toBeDefined()
  })

  test('does not block other calls of the store', async () => {
    await store().outbox.lease(OWNER)
    const [other] = connections(1)
    expect(await other?.append('order-1', 0, [named('a')])).toBe(1)
  })

  if (isShared) {
    test('is lost when its store is closed, and can be taken by another store', async () => {
      const [first, second] = connections(2)
      const lease = await first?.outbox.lease(OWNER)
      await first?.close()
      expect(lease?.lost.aborted).toBe(true)
      await eventually(async () => expect(await second?.outbox.lease(OWNER)).toBeDefined())
    })

    test('ends when the process that holds it is killed', async () => {
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
