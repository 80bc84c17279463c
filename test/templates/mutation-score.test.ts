import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mutantsOf } from '../mutation/mutate.ts'
import { type Mutant, survivors } from '../mutation/run-mutants.ts'
import { makeService } from '../mutation/service.ts'

/** The files by which aggregates and sagas decide; the others declare types, codecs and topics. */
const domainFiles = [
  ['order', 'rules.ts'],
  ['order', 'aggregate.ts'],
  ['payment', 'rules.ts'],
  ['payment', 'aggregate.ts'],
  ['checkout', 'saga.ts'],
] as const

const MIN_SCORE = 0.9

let shop: string
let mutants: readonly Mutant[]
let alive: readonly Mutant[]

beforeAll(async () => {
  shop = await makeService()
  mutants = domainFiles.flatMap(([part, file]) => mutantsOf(shop, part, file))
  alive = await survivors(shop, mutants)
  for (const { part, what } of alive) console.log(`survived: ${part}/${what}`)
  console.log(scoreLine('mutation score', mutants, alive))
}, 600_000)

afterAll(() => rmSync(dirname(shop), { recursive: true, force: true }))

function scoreLine(what: string, all: readonly Mutant[], left: readonly Mutant[]): string {
  const killed = all.length - left.length
  return `${what} ${Math.floor((killed / all.length) * 100)} % (killed ${killed} of ${all.length})`
}

/** The share of the mutants of some parts that their tests notice. */
function scoreOf(parts: readonly string[]): number {
  const isOf = ({ part }: Mutant) => parts.includes(part)
  console.log(scoreLine(parts.join(' and '), mutants.filter(isOf), alive.filter(isOf)))
  return 1 - alive.filter(isOf).length / mutants.filter(isOf).length
}

describe('the tests that crbus new writes kill nine of ten mutants', () => {
  test('of aggregates', () => {
    expect(scoreOf(['order', 'payment'])).toBeGreaterThanOrEqual(MIN_SCORE)
  })

  test('of a saga', () => {
    expect(scoreOf(['checkout'])).toBeGreaterThanOrEqual(MIN_SCORE)
  })
})
