import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonParts, stringifyJson } from '../../../src/ui/text/json.ts'

const joined = (value: unknown) => [...jsonParts(value)].join('')

test('the joined parts of jsonParts equal the document', () => {
  const leaf = fc.oneof(fc.jsonValue(), fc.bigInt(), fc.constant(undefined), fc.uint8Array({ maxLength: 4 }))
  const value = fc.letrec((tie) => ({
    node: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      fc.array(tie('node'), { maxLength: 4 }),
      fc.dictionary(fc.string(), tie('node'), { maxKeys: 4, noNullPrototype: true }),
      fc.array(tie('node'), { maxLength: 3 }).map((values) => new Map(values.map((one, at) => [`k${at}`, one]))),
    ),
  })).node
  fc.assert(
    fc.property(
      value.filter((one) => one !== undefined),
      (one) => {
        expect(joined(one)).toBe(stringifyJson(one))
      },
    ),
  )
})

test('jsonParts divides the document at the elements of a list', () => {
  const parts = [...jsonParts({ sample: undefined, groups: [{ group: 'a', lags: [1n, 2n] }, { group: 'b' }] })]

  expect(parts).toContain('{"group":"a","lags":[1,2]}')
  expect(parts).toContain('{"group":"b"}')
  expect(JSON.parse(parts.join(''))).toEqual({ groups: [{ group: 'a', lags: [1, 2] }, { group: 'b' }] })
})
