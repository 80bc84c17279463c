import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseJsonKeys } from '../../../src/codecs/json/parse-json-keys.ts'
import { decodeJson, parseJson, writeJson } from '../../../src/codecs/json.ts'

test('parseJson and writeJson preserve 64-bit integers', () => {
  const i64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n })
  fc.assert(
    fc.property(i64, (integer) => {
      const text = `{"a":[${integer},"${integer}"],"b":0.5}`
      const parsed = parseJson(text)
      expect(parsed.ok && writeJson(parsed.value)).toBe(text)
    }),
  )
})

test('writeJson writes parsed JSON as JSON.stringify does', () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      const parsed = parseJson(json)
      expect(parsed.ok && writeJson(parsed.value)).toBe(JSON.stringify(parseJsonKeys(json)))
    }),
  )
})

test('parseJson refuses a number beyond the range of doubles instead of returning null', () => {
  expect(parseJson('{"a":1e400}')).toMatchObject({ ok: false, reason: expect.stringContaining('1e400') })
  expect(parseJson('{"a":1e40}')).toEqual({ ok: true, value: { a: 1e40 } })
  expect(parseJson('{"a":1')).toMatchObject({ ok: false, reason: expect.stringMatching(/^not JSON: /) })
})

const decode = (text: string) => decodeJson(Buffer.from(text))

test.each(['{"a":[1,"é🦀"]}', ' 1 ', '"x"', 'null', `${'['.repeat(256)}${']'.repeat(256)}`])(
  'decodeJson decodes the bytes of %s',
  (text) => {
    expect(decode(text)).toEqual({ ok: true, value: JSON.parse(text), text })
  },
)

test.each([
  ['', 'not JSON'],
  ['{"a"x', 'not JSON'],
  ['\ufeff{}', 'not JSON'],
  [`${'['.repeat(600)}${']'.repeat(600)}`, 'JSON nested more than 256 levels deep'],
  ['{"a":'.repeat(100_000), 'not JSON'],
])('decodeJson refuses %.20j', (text, reason) => {
  const decoded = decode(text)
  expect(decoded.ok || decoded.reason).toContain(reason)
})

test('brackets inside strings do not count as nesting', () => {
  expect(decode(JSON.stringify({ a: `\\"${'['.repeat(2000)}` })).ok).toBe(true)
})

test('decodeJson refuses bytes that are not UTF-8', () => {
  expect(decodeJson(Buffer.from([0x22, 0xff, 0x22]))).toEqual({ ok: false, reason: 'not JSON: not UTF-8' })
})

describe('keys with an escape', () => {
  const escapes: readonly (readonly [escaped: string, key: string])[] = [
    ['\\"', '"'],
    ['\\\\', '\\'],
    ['\\n', '\n'],
    ['\\/', '/'],
    ['\\u0041', 'A'],
    ['\\u005C', '\\'],
    ['ab\\\\', 'ab\\'],
    ['ab\\t', 'ab\t'],
  ]

  // V8 13.6 would take the key for the backslash that it has seen in the same place.
  test.each(escapes)('%s is the right key after an object with another one', (escaped, key) => {
    for (const before of ['', '"a":[{"b":2}],']) {
      for (const [other] of escapes) parseJson(`{${before}"${other}":1}`)
      const parsed = parseJson(`{${before}"${escaped}" : 9007199254740993 , "c":{"${escaped}":1}}`)
      const own = { [key]: 9007199254740993n, c: { [key]: 1 } }
      expect(parsed).toEqual({ ok: true, value: before === '' ? own : { a: [{ b: 2 }], ...own } })
    }
  })

  test('strings that look like such keys stay as they are', () => {
    const value = ['"\\n":', '{"\\n":', ',"\\"":1', { '{"\\': '"\\":' }]
    expect(parseJson(JSON.stringify(value))).toEqual({ ok: true, value })
  })

  test('deep nesting around them is refused, not a stack overflow', () => {
    const text = `${'{"\\n":'.repeat(100_000)}1${'}'.repeat(100_000)}`
    expect(parseJson(text)).toMatchObject({ ok: false, reason: expect.stringContaining('nested more than') })
  })
})
