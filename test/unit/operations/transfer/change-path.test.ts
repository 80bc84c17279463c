import { expect, test } from 'vitest'
import { masker } from '../../../../src/operations/transfer/replay/mask.ts'
import { changeAt, parseFieldPath } from '../../../../src/operations/transfer/replay/path.ts'

const upper = (value: unknown) =>
  ({ ok: true, value: typeof value === 'string' ? value.toUpperCase() : value }) as const

test.each([
  ['data.customer.email', { root: 'data', names: ['customer', 'email'] }],
  ['metadata.user_id', { root: 'metadata', names: ['user_id'] }],
  ['key', { root: 'key', names: [] }],
  ['data', undefined],
  ['data..a', undefined],
  ['metadata.a.b', undefined],
  ['topic', undefined],
])('the path %s is read as %o', (text, path) => {
  expect(parseFieldPath(text)).toEqual(path === undefined ? undefined : { text, ...path })
})

test('a change applies to every element of an array on the way, and leaves the given value unchanged', () => {
  const value = { items: [{ name: 'a' }, { name: 'b', n: 1 }, {}] }
  expect(changeAt(value, ['items', 'name'], upper)).toEqual({
    ok: true,
    value: { items: [{ name: 'A' }, { name: 'B', n: 1 }, {}] },
  })
  expect(value.items[0]?.name).toBe('a')
})

test('a field named __proto__ is a field like any other', () => {
  const changed = changeAt(JSON.parse('{"__proto__":"a"}'), ['__proto__'], upper)
  expect(changed.ok && JSON.stringify(changed.value)).toBe('{"__proto__":"A"}')
})

test('pseudonyms of equal texts are equal with one key, and differ with another', () => {
  const [one, other] = [masker('k'), masker('l')]
  expect(one('a')).toEqual(one('a'))
  expect(one('a')).not.toEqual(one('b'))
  expect(one('a')).not.toEqual(other('a'))
  expect(one(['a', null])).toEqual({ ok: true, value: [(one('a') as { value: string }).value, null] })
})

test.each([1, true, { a: 'b' }])('%o is not masked but refused, because it is not text', (value) => {
  expect(masker('k')(value).ok).toBe(false)
})
