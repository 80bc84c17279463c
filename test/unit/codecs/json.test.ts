import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeJson, parseJson, writeJson } from '../../../src/codecs/json.ts'

test('integers of 64 bits come back as they were', () => {
  const i64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n })
  fc.assert(
    fc.property(i64, (integer) => {
      const text = `{"a":[${integer},"${integer}"],"b":0.5}`
      const parsed = parseJson(text)
      expect(parsed.ok && writeJson(parsed.value)).toBe(text)
    }),
  )
})

test('any JSON comes back as JSON.stringify wrote it', () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      const parsed = parseJson(json)
      expect(parsed.ok && writeJson(parsed.value)).toBe(JSON.stringify(JSON.parse(json)))
    }),
  )
})

test('a number no double holds is refused instead of becoming null', () => {
  expect(parseJson('{"a":1e400}')).toMatchObject({ ok: false, reason: expect.stringContaining('1e400') })
  expect(parseJson('{"a":1e40}')).toEqual({ ok: true, value: { a: 1e40 } })
  expect(parseJson('{"a":1')).toMatchObject({ ok: false, reason: expect.stringMatching(/^not JSON: /) })
})

const decode = (text: string) => decodeJson(Buffer.from(text))

test.each(['{"a":[1,"é🦀"]}', ' 1 ', '"x"', 'null', `${'['.repeat(256)}${']'.repeat(256)}`])('bytes of %s', (text) => {
  expect(decode(text)).toEqual({ ok: true, value: JSON.parse(text), text })
})

test.each([
  ['', 'not JSON'],
  ['{"a"x', 'not JSON'],
  ['\ufeff{}', 'not JSON'],
  [`${'['.repeat(600)}${']'.repeat(600)}`, 'JSON nested more than 256 deep'],
  ['{"a":'.repeat(100_000), 'not JSON'],
])('%.20j is no JSON', (text, reason) => {
  const decoded = decode(text)
  expect(decoded.ok || decoded.reason).toContain(reason)
})

test('brackets in text are not deep', () => {
  expect(decode(JSON.stringify({ a: `\\"${'['.repeat(2000)}` })).ok).toBe(true)
})

test('bytes that are not UTF-8 are no JSON', () => {
  expect(decodeJson(Buffer.from([0x22, 0xff, 0x22]))).toEqual({ ok: false, reason: 'not JSON: not UTF-8' })
})
