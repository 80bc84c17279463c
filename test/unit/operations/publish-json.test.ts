import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseJson, writeJson } from '../../../src/operations/publish-json.ts'

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
