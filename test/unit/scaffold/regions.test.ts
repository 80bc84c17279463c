import { describe, expect, test } from 'vitest'
import { parseName } from '../../../src/scaffold/name.ts'
import { renderText } from '../../../src/scaffold/template/regions.ts'

const name = (text: string) => parseName(text) ?? { words: [] }
const field = (text: string, ts: string) => ({ name: name(text), ts })
const scope = {
  name: name('stock'),
  codec: 'cbor',
  timeout: false,
  text: 'one line\nand another',
  events: [
    { name: name('StockReserved'), fields: [field('sku', 'string'), field('quantity', 'number')] },
    { name: name('StockReleased'), fields: [] },
  ],
}
const words = new Map([
  ['name', 'order-line'],
  ['event.name', 'OrderLinePlaced'],
  ['field.name', 'line_total'],
])
const render = (...lines: string[]) => renderText(lines.join('\n'), scope, words)

describe('regions', () => {
  test('regions are repeated, also inside each other, each with its own words', () => {
    const made = render(
      '// crbus:each event of events',
      'interface OrderLinePlaced {',
      '  // crbus:each field of event.fields; number is field.ts',
      '  line_total: number // a number',
      '  // crbus:end',
      '}',
      '// crbus:end',
      'type OrderLine = 1',
    )
    expect(made).toBe(
      [
        'interface StockReserved {',
        '  sku: string // a string',
        '  quantity: number // a number',
        '}',
        'interface StockReleased {',
        '}',
        'type Stock = 1',
      ].join('\n'),
    )
  })

  test.each([
    ['codec=cbor', true],
    ['codec=rust', false],
    ['not codec=rust', true],
    ['timeout', false],
    ['not timeout', true],
    ['events', true],
    ['missing.thing', undefined],
  ])('a region is written if %s', (condition, isThere) => {
    const lines = [`# crbus:if ${condition}`, 'there', '# crbus:end', 'after'] as const
    if (isThere === undefined) expect(() => render(...lines)).toThrow("unknown name 'missing.thing'")
    else expect(render(...lines)).toBe(isThere ? 'there\nafter' : 'after')
  })

  test('regions leave one blank line where several would meet, and none at the beginning', () => {
    const made = render(
      '// crbus:here',
      'only here',
      '// crbus:end',
      '',
      'a',
      '',
      '// crbus:if timeout',
      'x',
      '',
      '// crbus:end',
      '',
      'b',
      '',
    )
    expect(made).toBe('a\n\nb\n')
  })

  test('put changes only the next line, and as replaces all lines', () => {
    expect(render('// crbus:put `a | b` is codec', 'type X = a | b', 'type Y = a | b')).toBe(
      'type X = cbor\ntype Y = a | b',
    )
    expect(render('<!-- crbus:as text -->', 'something', 'else', '<!-- crbus:end -->')).toBe('one line\nand another')
  })

  test.each([
    [['// crbus:each event of events', 'x'], 'line 1: the region has no crbus:end'],
    [['x', '// crbus:end'], 'line 2: crbus:end without a region'],
    [['// crbus:loop'], 'line 1: unknown directive crbus:loop'],
    [['// crbus:each events'], "line 1: expected 'crbus:each event of events'"],
    [['// crbus:put nothing', 'x'], "expected 'word is path', found 'nothing'"],
    [['// crbus:each event of name', 'x', '// crbus:end'], "'name' is not a list"],
    [['// crbus:as events', '// crbus:end'], "'events' is not a text"],
  ])('invalid regions are refused with the reason: %j', (lines, reason) => {
    expect(() => render(...lines)).toThrow(reason)
  })
})
