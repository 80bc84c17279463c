import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { handWrittenRust } from '../mutation/hand-written-rust.ts'
import { survivorsInRust } from '../mutation/run-rust-mutants.ts'
import { makeService } from '../mutation/service.ts'
import { composableRust, dependOnCheckout } from '../support/rust.ts'

let shop: string

beforeAll(async () => {
  shop = await makeService('rust')
  dependOnCheckout(shop, composableRust ?? '')
})

afterAll(() => rmSync(dirname(shop), { recursive: true, force: true }))

// `test/vitest.config.ts` leaves this file out where there is no framework to compile against.
test('the tests that crbus new writes in Rust kill every mutant written by hand, within a minute each', () => {
  const mutants = handWrittenRust(shop)
  const alive = survivorsInRust(shop, mutants)
  const all = mutants.flat().length
  console.log(`mutants killed ${all - alive.length} of ${all}`)
  expect(alive).toEqual([])
}, 3_600_000)
