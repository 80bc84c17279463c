import { describe, expect, test } from 'vitest'
import { decodeJson, stringifyJson } from '../../../src/codecs/json.ts'

const decode = (text: string) => decodeJson(Buffer.from(text))

describe('reading', () => {
  test.each(['{"a":[1,"é🦀"]}', ' 1 ', '"x"', 'null', `${'['.repeat(256)}${']'.repeat(256)}`])('%s', (text) => {
    expect(decode(text)).toEqual({ ok: true, value: JSON.parse(text), text })
  })

  test.each([
    ['', 'not JSON: it ends early'],
    ['{"a":', 'not JSON: it ends early'],
    ['{"a"x', 'not JSON at character 4'],
    ['\ufeff{}', 'not JSON'],
    ['\u001b[0m', 'not JSON'],
    [`${'['.repeat(257)}${']'.repeat(257)}`, 'JSON nested more than 256 deep'],
    ['{"a":'.repeat(100_000), 'JSON nested more than 256 deep'],
  ])('%j is not', (text, reason) => {
    const decoded = decode(text)
    expect(decoded.ok || decoded.reason).toContain(reason)
    expect(decoded.ok || decoded.reason).toMatch(/^[\x20-\x7e]+$/)
  })

  test('brackets in text are not deep', () => {
    const text = JSON.stringify({ a: `\\"${'['.repeat(1000)}` })
    expect(decode(text).ok).toBe(true)
  })

  test('bytes that are not UTF-8', () => {
    expect(decodeJson(Buffer.from([0x22, 0xff, 0x22]))).toEqual({ ok: false, reason: 'not JSON: not UTF-8' })
  })
})

describe('any value as JSON', () => {
  test.each<[string, unknown, string]>([
    ['plain values as ever', { a: [1, 'b', null, true, { c: -0 }] }, '{"a":[1,"b",null,true,{"c":0}]}'],
    ['an exact bigint', { n: 5n }, '{"n":5}'],
    ['a wide bigint', [2n ** 63n], '["9223372036854775808"]'],
    ['bytes', { data: Uint8Array.of(255, 0) }, '{"data":{"base64":"/wA="}}'],
    ['a Buffer', [Buffer.from('hi'), 1n], '[{"base64":"aGk="},1]'],
    ['bytes alone', new Uint8Array(), '{"base64":""}'],
    ['a date', { at: new Date(0) }, '{"at":"1970-01-01T00:00:00.000Z"}'],
    ['a date that is none', [new Date(Number.NaN), 1n], '[null,1]'],
    ['undefined', { a: undefined, b: [undefined] }, '{"b":[null]}'],
    ['undefined alone', undefined, 'null'],
    ['what JSON has no numbers for', [Number.NaN, Number.NEGATIVE_INFINITY], '[null,null]'],
    ['a map of names', new Map([['a', new Map([['b', 1n]])]]), '{"a":{"b":1}}'],
    ['a map of numbers', new Map([[1, 'a']]), '{"1":"a"}'],
    [
      'a map whose keys look alike',
      new Map<unknown, unknown>([
        [1, 'a'],
        ['1', 'b'],
      ]),
      '[[1,"a"],["1","b"]]',
    ],
    ['a map of lists', new Map([[[1], 'a']]), '[[[1],"a"]]'],
    ['a map that names a prototype', new Map([['__proto__', 1]]), '{"__proto__":1}'],
    ['a set', new Set([1n]), '[1]'],
  ])('%s', (_, value, text) => {
    expect(stringifyJson(value)).toBe(text)
  })

  test('indented', () => {
    expect(stringifyJson({ a: 1n }, 2)).toBe('{\n  "a": 1\n}')
  })

  test('a value within itself is null', () => {
    const list: unknown[] = []
    list.push(list)
    const map = new Map<string, unknown>()
    map.set('a', map)
    const throws = {
      toJSON() {
        throw new Error('no')
      },
    }
    expect([list, map, throws].map((value) => stringifyJson(value))).toEqual(['null', 'null', 'null'])
  })
})
