import { describe, expect, inject, test } from 'vitest'
import { compareAudits } from './support/faults/audit-faults.ts'
import { type BusAndStore, embeddedPair, serverPair } from './support/faults/bus-and-store.ts'
import { compareDeadLetters } from './support/faults/dead-letter-faults.ts'
import { FaultTable } from './support/faults/fault-table.ts'
import { compareSagas } from './support/faults/saga-faults.ts'
import { compareTopologies } from './support/faults/topology-faults.ts'
import { compareTraces } from './support/faults/trace-faults.ts'

// Histories with known faults, written to a bus and a store, and what the operations find in them.

const brokers = inject('kafkaBrokers')
const postgres = inject('postgresUrl')

async function findsAllFaults(name: string, pair: BusAndStore): Promise<void> {
  const table = new FaultTable(name)
  await compareTraces(pair, table)
  await compareSagas(pair, table)
  await compareAudits(pair, table)
  await compareTopologies(pair, table)
  await compareDeadLetters(pair, table)
  console.log(String(table))
  expect(table.mistakes).toEqual([])
}

test('finds exactly the faults of histories on an embedded bus and SQLite', async () => {
  await findsAllFaults('an embedded bus and SQLite', await embeddedPair())
}, 120_000)

describe.skipIf(brokers === '' || postgres === '')('with servers', () => {
  test('finds exactly the faults of histories on Kafka and Postgres', async () => {
    await findsAllFaults('Kafka and Postgres', await serverPair(brokers, postgres))
  }, 120_000)
})

describe('the comparison', () => {
  const seeded = { duplicate: ['duplicate a@1', 'duplicate a@1'], none: [] }

  test('accepts exactly the seeded findings', () => {
    const table = new FaultTable('a bus')
    table.compare('trace', seeded, ['duplicate a@1', 'duplicate a@1'])
    expect(table.mistakes).toEqual([])
    expect(String(table)).toBe(
      [
        'faults on a bus',
        'FINDING TOOL  FAULT      HISTORIES  SEEDED  FOUND  FALSE',
        'trace         duplicate          1       2      2      0',
        'trace         none               1       0      0      0',
        'total                                    2      2      0',
        'precision 1.000, recall 1.000',
      ].join('\n'),
    )
  })

  test('refuses a finding that is missing, one too many, one of another message, and a fault that no history has', () => {
    const mistakesOf = (found: readonly string[]) => {
      const table = new FaultTable('a bus')
      table.compare('trace', seeded, found)
      return { mistakes: table.mistakes, total: String(table).split('\n').slice(-2) }
    }
    expect(mistakesOf(['duplicate a@1'])).toEqual({
      mistakes: ['trace, duplicate: not found: duplicate a@1'],
      total: ['total                                    2      1      0', 'precision 1.000, recall 0.500'],
    })
    expect(mistakesOf(['duplicate a@1', 'duplicate a@1', 'duplicate a@1'])).toEqual({
      mistakes: ['trace, duplicate: false: duplicate a@1'],
      total: ['total                                    2      2      1', 'precision 0.667, recall 1.000'],
    })
    expect(mistakesOf(['duplicate a@1', 'duplicate a@2'])).toEqual({
      mistakes: ['trace, duplicate: not found: duplicate a@1', 'trace, duplicate: false: duplicate a@2'],
      total: ['total                                    2      1      1', 'precision 0.500, recall 0.500'],
    })
    const table = new FaultTable('a bus')
    table.expectFaults('audit', ['lost publish'])
    expect(table.mistakes).toEqual(['audit, lost publish: no history has it'])
  })
})
