import fc from 'fast-check'
import { expect, test } from 'vitest'
import { globMatcher } from '../../../src/bus/names/glob.ts'

test.each([
  ['bill*', 'billing', true],
  ['bill*', 'abilling', false],
  ['*ing', 'billing', true],
  ['*b*g*', 'billing', true],
  ['b?lling', 'billing', true],
  ['b?lling', 'blling', false],
  ['?', '😀', true],
  ['??', '😀', false],
  ['*', '', true],
  ['**', 'a', true],
  ['', '', true],
  ['?', '', false],
  ['a.c', 'abc', false],
  ['(a+)+$', '(a+)+$', true],
  ['a*', 'a\nb', true],
  ['a*b', 'ab\nb', true],
  ['*?', '😀', true],
])('glob %j matches %j: %s', (glob, text, matches) => expect(globMatcher(glob)(text)).toBe(matches))

/** The definition of globs: `*` matches nothing, or one character followed by `*`. */
const matches = ([sign, ...glob]: readonly string[], text: readonly string[]): boolean => {
  if (sign === undefined) return text.length === 0
  if (sign === '*') return matches(glob, text) || (text.length > 0 && matches([sign, ...glob], text.slice(1)))
  return text.length > 0 && (sign === '?' || sign === text[0]) && matches(glob, text.slice(1))
}

test('globMatcher agrees with the definition of globs', () => {
  const glob = fc.array(fc.constantFrom('*', '?', 'a', 'b', '😀'), { maxLength: 8 })
  const text = fc.array(fc.constantFrom('a', 'b', '😀'), { maxLength: 8 })
  fc.assert(
    fc.property(glob, text, (signs, characters) => {
      expect(globMatcher(signs.join(''))(characters.join(''))).toBe(matches(signs, characters))
    }),
    { numRuns: 5000 },
  )
})

test('globMatcher matches a glob with many stars and a long text in seconds', () => {
  const began = performance.now()
  expect(globMatcher(`${'a*'.repeat(50)}b`)('a'.repeat(200_000))).toBe(false)
  expect(performance.now() - began).toBeLessThan(10_000)
})
