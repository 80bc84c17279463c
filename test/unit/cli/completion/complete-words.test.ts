import { describe, expect, test } from 'vitest'
import { readCommandTree } from '../../../../src/cli/completion/command-tree.ts'
import { completeWords } from '../../../../src/cli/completion/complete-words.ts'
import { kindOfFlag } from '../../../../src/cli/completion/value-kind.ts'

const tree = readCommandTree(new URL('../../../../bin/crbus.js', import.meta.url).href)

/** Completes a line, whose words are separated by spaces. */
const complete = (line: string) => completeWords(line.split(' '), tree)
const values = (line: string) => complete(line).candidates.map(({ value }) => value)

describe('completeWords', () => {
  test('offers commands and the words before commands', () => {
    expect(values('to')).toEqual(['topology', 'topics'])
    expect(values('')).toEqual(expect.arrayContaining(['tail', 'topics', 'help', 'completion']))
    expect(values('topics de')).toEqual(['delete', 'describe'])
    expect(values('reset ')).toEqual(['apply', 'undo'])
    expect(values('nonsense x')).toEqual([])
  })

  test('offers the pages and the commands after help', () => {
    expect(values('help off')).toEqual(['offsets'])
    expect(values('help topics tr')).toEqual(['trim'])
    expect(values('help exit-codes ')).toEqual([])
  })

  test('offers the same after topic and group as after topics and groups', () => {
    expect(values('topic ')).toEqual(values('topics '))
    expect(values('group de')).toEqual(values('groups de'))
    expect(values('help topic tr')).toEqual(['trim'])
    expect(complete('--profile prod topic describe ').kind).toBe('topic')
    expect(values('group describe billing --pro')).toEqual(['--profile'])
  })

  test('offers the flags of a command that are not given yet, and their negations', () => {
    expect(values('topics describe order-events --pro')).toEqual(['--profile'])
    expect(values('topics describe --profile prod --pro')).toEqual([])
    expect(values('lag --group a --gr')).toEqual(['--group'])
    expect(values('tail --no-t')).toEqual(['--no-tls', '--no-truncate'])
    expect(values('produce --tomb')).toEqual(['--tombstone'])
  })

  test.each([
    ['topics describe ', 'topic'],
    ['topics delete a-events ', 'topic'],
    ['tail order-events --group ', 'group'],
    ['tail order-events --group=bi', 'group'],
    ['lag -g ', 'group'],
    ['groups clone billing ', 'group'],
    ['publish order-events --type ', 'eventType'],
    ['topics list --profile ', 'profile'],
    ['--profile ', 'profile'],
    ['--json --profile prod tail ', 'topic'],
    ['reset --group billing --to ', 'target'],
    ['publish order-events --file ', 'file'],
    ['reset apply ', 'file'],
    ['tail -- ', 'topic'],
    ['lag ', 'group'],
    ['topology ', 'topic'],
    ['topology diff old.json ', 'file'],
    ['probe order-events --expect ', 'topic'],
    ['probe ', 'topic'],
    ['probe order-events -g ', 'group'],
    ['sagas list ', 'saga'],
    ['sagas stuck checkout ', 'saga'],
    ['sagas describe ', 'saga'],
    ['sagas describe checkout --on order-events,', 'topic'],
    ['sagas show c-1 --saga ', 'saga'],
  ])('knows that the last word of %s names a %s', (line, kind) => {
    expect(complete(line).kind).toBe(kind)
  })

  test.each(['topics create ', 'topics describe order-events ', 'publish order-events --data ', 'new topic '])(
    'knows no names for the last word of %s',
    (line) => {
      expect(complete(line)).toMatchObject({ kind: undefined, candidates: [] })
    },
  )

  test('offers the options of flags and arguments', () => {
    expect(values('publish order-events --envelope ')).toEqual(['bincode', 'cbor'])
    expect(values('publish order-events --envelope=c')).toEqual(['cbor'])
    expect(complete('publish order-events --envelope=c').prefix).toBe('--envelope=')
    expect(values('completion ')).toEqual(['bash', 'zsh', 'fish'])
    expect(values('tail -o pre')).toEqual(['pretty'])
    expect(values('topology -o ')).toEqual(['text', 'mermaid', 'html'])
    expect(values('check lag -o ')).toEqual(['text', 'json', 'prometheus', 'nagios'])
    expect(values('tail order-events --from @')).toEqual(['@-1h', '@-24h'])
  })

  test('completes the last of several topics in one word', () => {
    expect(complete('new saga checkout --on order-events,pay')).toMatchObject({
      kind: 'topic',
      prefix: 'order-events,',
      typed: 'pay',
    })
  })

  test.each(['constructor', '__proto__'])('offers nothing for the flag --%s, which no command has', (name) => {
    expect(complete(`tail --${name}=x`)).toMatchObject({ candidates: [] })
  })
})

test('every flag whose placeholder is the name of a topic, a group, a file or a position can be completed', () => {
  const placeholder = /^(?:TOPICS?|TOPIC\[:PARTITIONS\]|GROUP|EVENT_TYPE|POSITION|FILE|FOLDER|PATH)$/
  for (const { id, flags } of tree.commands) {
    for (const [name, { helpValue }] of Object.entries(flags())) {
      if (placeholder.test(String(helpValue))) expect(kindOfFlag(id, name, helpValue)).toBeDefined()
    }
  }
})
