import { describe, expect, test } from 'vitest'
import { wrap, wrapNotice } from '../../../src/ui/text/wrap.ts'

test.each([
  ['why: ', 'all events were read', 80, 'why: all events were read'],
  ['why: ', 'all events were read', 16, 'why: all events\n     were read'],
  ['why: ', 'all events', 15, 'why: all events'],
  ['- ', 'an unbroken/path/of/many/letters is kept', 10, '- an\n  unbroken/path/of/many/letters\n  is kept'],
  ['✓ ', '日本語 日本語 a', 9, '✓ 日本語\n  日本語\n  a'],
  ['', '', 10, ''],
])('breaks %j and %j at %d columns', (head, text, columns, lines) => {
  expect(wrap(head, text, columns)).toBe(lines)
})

describe('a notice', () => {
  test.each([
    [
      'moved 2 offsets of billing; to undo: crbus reset undo /tmp/a b.json',
      'moved 2 offsets of\nbilling; to undo:\ncrbus reset undo /tmp/a b.json',
    ],
    [
      'note: to end it: kafka-transactions.sh abort --topic t',
      'note: to end it:\n      kafka-transactions.sh abort --topic t',
    ],
    ['ask for it: "crbus acls allow USER" does', 'ask for it:\n"crbus acls allow USER"\ndoes'],
    ["Kafka's clients and users' names are many", "Kafka's clients and\nusers' names are\nmany"],
    ["replace --to by --where 'a < b && c'", "replace --to by\n--where 'a < b && c'"],
    ['  cd a-long-name-of-a-folder', '  cd\n  a-long-name-of-a-folder'],
    ['a  b "c', 'a  b "c'],
    ['$ npm install --save-dev --silent', '$ npm install --save-dev --silent'],
  ])('is broken at its words but not within a command or a quoted text: %s', (text, wrapped) => {
    expect(wrapNotice(text, 20)).toBe(wrapped)
  })
})
