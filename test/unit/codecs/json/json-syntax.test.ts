import fc from 'fast-check'
import { expect, test } from 'vitest'
import { whyNotJson } from '../../../../src/codecs/json/json-syntax.ts'

test.each([
  ['', 'expected a value, found the end at column 1'],
  ['  ', 'expected a value, found the end at column 1'],
  ['{\n', 'expected a key in double quotes or }, found the end at column 2'],
  ['{', 'expected a key in double quotes or }, found the end at column 2'],
  ['{"broken', 'no closing quote for the string at column 2'],
  ['{"a" 1}', "expected a colon, found '1' at column 6"],
  ['{"a":1 "b":2}', `expected a comma or }, found '"' at column 8`],
  ['{"a":1,}', "expected a key in double quotes, found '}' at column 8"],
  ['[1,\n 2,\n]', "expected a value, found ']' at line 3, column 1"],
  ['[1}', "expected a comma or ], found '}' at column 3"],
  ['{a: 1}', "expected a key in double quotes or }, found 'a' at column 2"],
  ["{'a': 1}", "expected a key in double quotes or }, found ' instead of double quotes at column 2"],
  ['{"a":1} {"b":2}', "expected the end, found '{' at column 9"],
  ['NaN', "expected a value, found 'N' at column 1"],
  ['01', "expected the end, found '1' at column 2"],
  ['-', "expected a value, found '-' at column 1"],
  ['1.', "expected the end, found '.' at column 2"],
  ['"\\x"', 'invalid escape in a string at column 2'],
  ['"a\nb"', 'expected an escape such as \\n in a string, found a line break at line 1, column 3'],
  ['"a\u0007"', 'expected an escape such as \\n in a string, found U+0007 at column 3'],
  ['\ufeff{}', 'expected a value, found U+FEFF at column 1'],
  ['{"é🦀": x', "expected a value, found 'x' at column 8"],
])('says in its own words why %j is not JSON', (text, reason) => {
  expect(whyNotJson(text)).toBe(reason)
})

test('finds a mistake exactly in the texts that JSON.parse refuses', () => {
  const parses = (text: string): boolean => {
    try {
      JSON.parse(text)
      return true
    } catch {
      return false
    }
  }
  const pieces = fc.constantFrom(...'{}[],:"\\ \n\t0123-+.eEtruefalsn/\u0001é'.split(''), '"a"', 'true', 'null', '1e5')
  const nearlyJson = fc.tuple(fc.json(), fc.nat(), pieces).map(([json, at, piece]) => {
    const index = at % (json.length + 1)
    return json.slice(0, index) + piece + json.slice(index + 1)
  })
  for (const text of [fc.json(), fc.array(pieces).map((parts) => parts.join('')), nearlyJson]) {
    fc.assert(
      fc.property(text, (json) => {
        expect(whyNotJson(json) === undefined).toBe(parses(json))
      }),
    )
  }
})

test('accepts and refuses JSON with a hundred thousand brackets', () => {
  expect(whyNotJson('['.repeat(100_000) + ']'.repeat(100_000))).toBeUndefined()
  expect(whyNotJson('['.repeat(100_000))).toBe('expected a value or ], found the end at column 100001')
})

test('reads a string of ten million characters', () => {
  expect(whyNotJson(`"${'x'.repeat(10_000_000)}"}`)).toBe("expected the end, found '}' at column 10000003")
})
