import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { handWritten } from '../mutation/hand-written.ts'
import { type Mutant, survivors } from '../mutation/run-mutants.ts'
import { makeService } from '../mutation/service.ts'

let shop: string
let mutants: readonly Mutant[]
let alive: readonly Mutant[]

beforeAll(async () => {
  shop = await makeService()
  mutants = handWritten(shop)
  alive = await survivors(shop, mutants)
  console.log(`mutants killed ${mutants.length - alive.length} of ${mutants.length}`)
}, 300_000)

afterAll(() => rmSync(dirname(shop), { recursive: true, force: true }))

const aliveOf = (part: string) => alive.filter((mutant) => mutant.part === part).map(({ what }) => what)

describe('the tests that crbus new writes kill every mutant written by hand', () => {
  test('of an aggregate', () => {
    expect(aliveOf('order')).toEqual([])
  })

  test('of a saga', () => {
    expect(aliveOf('checkout')).toEqual([])
  })
})
