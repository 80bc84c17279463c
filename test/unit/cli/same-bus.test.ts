import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { onSameBus } from '../../../src/cli/same-bus.ts'

describe('a suggested command line works on the bus of the command that suggests it', () => {
  test.each([
    ['crbus topics list', { profile: 'prod' }, 'crbus topics list --profile prod'],
    ['crbus lag', { brokers: 'a:1,b:2', tls: true }, 'crbus lag -b a:1,b:2 --tls'],
    ['crbus lag', { brokers: 'a:1', tls: false }, 'crbus lag -b a:1 --no-tls'],
    ['crbus config', { 'data-dir': 'my bus' }, "crbus config --data-dir 'my bus'"],
    ['crbus tail a -o json | jq', { profile: 'prod' }, 'crbus tail a -o json --profile prod | jq'],
    ['crbus store init', { profile: 'prod', brokers: 'a:1' }, 'crbus store init --profile prod'],
  ])('%s with %j becomes %s', (command, flags, expected) => {
    expect(onSameBus(command, flags)).toBe(expected)
  })

  test.each([
    ['crbus doctor', { option: ['sasl.password=hunter2'] }, 'crbus doctor -X …'],
    ['crbus store init', { store: 'postgres://a:hunter2@b/c' }, 'crbus store init --store …'],
  ])('%s does not repeat a value that may be secret', (command, flags, expected) => {
    expect(onSameBus(command, flags)).toBe(expected)
  })

  test.each([
    'crbus config allow',
    'crbus profile list',
    'crbus new topic order-events',
    'crbus tail --help',
    'kafka-acls --list',
  ])('%s stays unchanged, because it takes no bus', (command) => {
    expect(onSameBus(command, { profile: 'prod' })).toBe(command)
  })

  test('the flags are added to the commands that accept them, except to those that create a file from them', () => {
    const help = readFileSync(new URL('../../../dist/cli/help.json', import.meta.url), 'utf8')
    const commands = Object.entries(JSON.parse(help) as Record<string, { flags: Record<string, unknown> }>)
    const takesBrokers = ([, { flags }]: (typeof commands)[number]) => 'brokers' in flags && 'data-dir' in flags
    const line = ([id]: (typeof commands)[number]) => `crbus ${id.replaceAll(':', ' ')}`
    const expected = commands.filter(takesBrokers).map(line)
    expect(commands.map(line).filter((words) => onSameBus(words, { brokers: 'a:1' }) !== words)).toEqual(
      expected.filter((words) => !/^crbus (new|profile create)\b/.test(words)),
    )
  })
})
