import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sampleLine } from '../../../src/codecs/prometheus.ts'
import { jsonText } from '../../../src/schema/json-text.ts'
import { escapeUnsafe, printable, printableJson } from '../../../src/ui/text/printable.ts'

/** Texts with many controls, invisible characters, lone surrogates and parts of emoji. */
const odd = fc.oneof(
  fc.integer({ min: 0, max: 0x9f }),
  fc.constantFrom(0xad, 0x34f, 0x61c, 0x115f, 0x180e, 0x200b, 0x200d, 0x2028, 0x202e, 0x2060, 0x2066, 0x3164, 0xfe0f),
  fc.constantFrom(0xfeff, 0xfff9, 0xfffb, 0xffa0, 0x1bca0, 0x1d173, 0xe0001, 0xe0067, 0xe007f, 0xd800, 0xdfff),
  fc.constantFrom(0x41, 0xe9, 0x6f22, 0x1f468, 0x1f469, 0x1f3fb, 0x2764, 0x1f3f4, 0x20e3),
  fc.integer({ min: 0, max: 0x10ffff }),
)
const oddText = fc.array(odd, { maxLength: 40 }).map((codes) => codes.map((one) => String.fromCodePoint(one)).join(''))

const EMOJI = String.raw`\p{RGI_Emoji}`
const emoji = new RegExp(EMOJI, 'gv')

/** Removes the emoji that Unicode lists, which join characters by invisible ones. */
const unsafeIn = (text: string): readonly string[] =>
  text
    .replaceAll(emoji, '')
    .match(/[\p{Cc}\p{Cs}\u2028\u2029\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\ufff9-\ufffb]/gu) ?? []

describe('printable', () => {
  test.each([
    ['a\nb\rc\td', 'a\\nb\\rc\\td'],
    ['\u001b[31mred\u0007', '\\x1b[31mred\\x07'],
    ['\u009b31m\u007f', '\\x9b31m\\x7f'],
    ['\u202egpj.exe\u2066', '\\u202egpj.exe\\u2066'],
    ['\u061c\u180e\u00ad\ufff9\ufffb', '\\u061c\\u180e\\xad\\ufff9\\ufffb'],
    ['\u{e0001}\u2028\u3164', '\\u{e0001}\\u2028\\u3164'],
    ['\ud800', '\\ud800'],
    ['naïve 漢字 ½', 'naïve 漢字 ½'],
    ['👨‍👩‍👧 ❤️ 1️⃣ 🏴󠁧󠁢󠁥󠁮󠁧󠁿', '👨‍👩‍👧 ❤️ 1️⃣ 🏴󠁧󠁢󠁥󠁮󠁧󠁿'],
    ['👨\u200dx', '👨\\u200dx'],
  ])('writes %j as %j', (text, shown) => expect(printable(text)).toBe(shown))

  test('returns no control or invisible characters, and escapeUnsafe does not change its result', () => {
    fc.assert(
      fc.property(oddText, (text) => {
        const shown = printable(text)
        expect(unsafeIn(shown)).toEqual([])
        expect(printable(shown)).toBe(shown)
      }),
      { numRuns: 2000 },
    )
  })
})

test('printableJson does not change the value of JSON', () => {
  fc.assert(
    fc.property(oddText, (text) => {
      const document = { [text]: [text] }
      for (const json of [printableJson(JSON.stringify(document)), escapeUnsafe(JSON.stringify(document))]) {
        expect(unsafeIn(json)).toEqual([])
        expect(JSON.parse(json)).toEqual(document)
      }
      expect(unsafeIn(jsonText(text))).toEqual([])
      expect(JSON.parse(jsonText(text))).toBe(text)
    }),
    { numRuns: 2000 },
  )
})

describe('escapeUnsafe', () => {
  test('keeps line breaks and tabs but no other control characters', () => {
    fc.assert(
      fc.property(oddText, (text) => {
        expect(unsafeIn(escapeUnsafe(text).replaceAll(/[\n\t]/g, ''))).toEqual([])
      }),
      { numRuns: 2000 },
    )
    expect(escapeUnsafe('é\n\ta\u001b[31m')).toBe('é\n\ta\\u001b[31m')
  })

  test('keeps the colors of chalk when the output has colors, but no other escape sequence', () => {
    const colored = '\u001b[1m\u001b[31mé\u001b[39m\u001b[22m'
    expect(escapeUnsafe(`${colored}\u001b[2J\u001b[8mx\u001b]0;t\u0007`, true)).toBe(
      `${colored}\\u001b[2J\\u001b[8mx\\u001b]0;t\\u0007`,
    )
  })
})

test('a metric is valid in the text format for any group name', () => {
  expect(sampleLine('m', { group: 'a"b\\c\nd\u001b[31m\u202e' }, 1)).toBe(
    'm{group="a\\"b\\\\c\\nd\\\\u001b[31m\\\\u202e"} 1\n',
  )
})
