import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileData } from '../../../src/operations/publish/data-template.ts'

const now = () => Date.parse('2026-11-23T10:00:00Z')
/** Always the largest number in the range, and a fixed UUID. */
const random = { int: (_: number, high: number) => high - 1, uuid: () => '00000000-0000-4000-8000-000000000000' }

function render(text: string, index = 1): string {
  const compiled = compileData(text, now, random)
  if (!compiled.ok) throw new Error(compiled.reason)
  return compiled.render(index)
}

test.each([
  ['{"n":{{i}}}', '{"n":7}'],
  ['{"o":{"id":"o-{{ i }}"}}', '{"o":{"id":"o-7"}}'],
  ['{{uuid}}', '00000000-0000-4000-8000-000000000000'],
  ['{{now}}', '2026-11-23T10:00:00.000Z'],
  ['{{now_ms}}', '1795428000000'],
  ['{{random 1 100}}', '100'],
  ['{{random -5 -5}}', '-5'],
  ['{{pick a b c}}', 'c'],
  ['\\{{i}}', '{{i}}'],
  ['{"regex":"\\\\d{2}"}', '{"regex":"\\\\d{2}"}'],
  ['}} { } \\ {', '}} { } \\ {'],
  ['', ''],
])('compileData renders %s', (text, expected) => {
  expect(render(text, 7)).toBe(expected)
})

describe('compileData refuses', () => {
  test.each([
    [
      '{{order}}',
      'there is no placeholder {{order}}; use {{i}} {{uuid}} {{now}} {{now_ms}} {{random 1 100}} {{pick a b c}}',
    ],
    ['{{}}', 'there is no placeholder {{}}'],
    ['{{constructor}}', 'there is no placeholder {{constructor}}'],
    ['{{i 3}}', '{{i 3}} is invalid; write it like {{i}}'],
    ['{{random 5}}', '{{random 5}} is invalid; write it like {{random 1 100}}'],
    ['{{random 9 1}}', 'is invalid; write it like'],
    ['{{random 1.5 2}}', 'is invalid; write it like'],
    ['{{random 0 999999999999999}}', 'is invalid; write it like'],
    ['{{pick}}', 'is invalid; write it like {{pick a b c}}'],
    ['{"a":"{{i"}', 'a {{ has no matching }}'],
  ])('compileData refuses: %s', (text, reason) => {
    expect(compileData(text, now)).toMatchObject({ ok: false, reason: expect.stringContaining(reason) })
  })
})

test('compileData draws random UUIDs and numbers by default', () => {
  const compiled = compileData('{{uuid}} {{random 3 4}} {{pick a b}}', now)
  const texts = new Set(Array.from({ length: 100 }, (_, index) => (compiled.ok ? compiled.render(index) : '')))
  expect(texts.size).toBe(100)
  for (const text of texts)
    expect(text).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12} [34] [ab]$/)
})

// Generates many random texts.
test('compileData renders text without double braces unchanged', { timeout: 60_000 }, () => {
  const plain = fc.string({ unit: 'binary' }).filter((text) => !text.includes('{{'))
  fc.assert(fc.property(plain, (text) => void expect(render(text)).toBe(text)))
})
