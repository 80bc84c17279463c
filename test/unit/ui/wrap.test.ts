import { expect, test } from 'vitest'
import { wrap } from '../../../src/ui/text/wrap.ts'

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
