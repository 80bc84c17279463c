import { describe, expect, test } from 'vitest'
import { flagAtEnd, missingValues } from '../../../src/cli/pickers/missing-values.ts'

const flags = {
  group: { type: 'option', helpValue: 'GROUP', required: true, description: 'Group' },
  topic: { type: 'option', helpValue: 'TOPIC[:PARTITIONS]' },
  'all-topics': { type: 'boolean', exclusive: ['topic'] },
  to: { type: 'option', helpValue: 'POSITION', required: true },
} as const
const reset = { id: 'reset', argv: [], args: {}, flags, picked: ['topic'] }
const names = (given: Readonly<Record<string, unknown>>) =>
  missingValues(reset, { args: {}, flags: given }).map(({ name, kind }) => [name, kind])

describe('missingValues', () => {
  test('finds required values and those that the user picks, in the order of the help', () => {
    expect(names({})).toEqual([
      ['group', 'group'],
      ['topic', 'topic'],
      ['to', 'target'],
    ])
    expect(names({ group: 'billing', to: 'start' })).toEqual([['topic', 'topic']])
  })

  test('needs no value that another flag replaces', () => {
    expect(names({ group: 'billing', to: 'start', 'all-topics': true })).toEqual([])
  })

  test('takes a flag with the name of an argument for the argument', () => {
    const tail = { id: 'tail', argv: [], args: { topic: {} }, flags, picked: ['topic'] }
    const given = { group: 'billing', to: 'start', topic: ['order-events'] }
    expect(missingValues(tail, { args: {}, flags: given })).toEqual([])
    expect(missingValues(tail, { args: {}, flags: { ...given, topic: undefined } })).toEqual([
      { name: 'topic', isFlag: false, kind: 'topic', description: 'topic', options: [] },
    ])
  })
})

describe('flagAtEnd', () => {
  test.each([[['--group']], [['--topic', 'order-events', '--group']]])(
    'finds the flag without a value in %j',
    (argv) => {
      expect(flagAtEnd({ ...reset, argv })).toMatchObject({ name: 'group', isFlag: true, kind: 'group' })
    },
  )

  test.each([[['--group', '--topic', 'a']], [['--group', 'billing']], [[]], [['--', '--group']]])(
    'finds none in %j',
    (argv) => {
      expect(flagAtEnd({ ...reset, argv })).toBeUndefined()
    },
  )
})
