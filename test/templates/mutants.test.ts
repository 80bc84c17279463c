import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { handWritten } from '../mutation/hand-written.ts'
import { survivors } from '../mutation/run-mutants.ts'
import { makeService } from '../mutation/service.ts'

let shop: string

beforeAll(async () => {
  shop = await makeService()
})

afterAll(() => rmSync(dirname(shop), { recursive: true, force: true }))

describe('the tests of a generated service', () => {
  test('kill every mutant that was written by hand', async () => {
    const mutants = handWritten(shop)
    const alive = await survivors(shop, mutants)
    console.log(`mutants killed ${mutants.length - alive.length} of ${mutants.length}`)
    expect(alive.map(({ part, what }) => `${part}: ${what}`)).toEqual([])
  }, 300_000)
})
