import { Environment } from '@marcbachmann/cel-js'
import { describe, expect, test } from 'vitest'
import { fieldsRead } from '../../../src/operations/events/fields-read.ts'
import type { FieldSelection } from '../../../src/schema/bincode/field-selection.ts'

/** The fields that an expression reads, as objects. */
function read(expression: string): unknown {
  const environment = new Environment({ enableOptionalTypes: true })
  for (const name of ['data', 'key']) environment.registerVariable(name, 'dyn')
  const parsed = environment.parse(expression)
  expect(parsed.check()).toMatchObject({ valid: true })
  return plain(fieldsRead(parsed.ast, new Set(['data', 'key'])))
}

const plain = (fields: FieldSelection): unknown =>
  fields === 'all' ? 'all' : Object.fromEntries([...fields].map(([name, inside]) => [name, plain(inside)]))

describe('fieldsRead', () => {
  test.each([
    ['data.a.b > 1 && data.a.c > 1', { data: { a: { b: 'all', c: 'all' } } }],
    ['data["a"].b > 1', { data: { a: { b: 'all' } } }],
    ['data.?a.b.orValue(1) > 1', { data: { a: { b: 'all' } } }],
    ['data[?"a"].hasValue()', { data: { a: 'all' } }],
    ['has(data.a.b)', { data: { a: { b: 'all' } } }],
    ['key == "k"', { key: 'all' }],
    ['true', {}],
  ])('finds the paths of constant names in %s', (expression, expected) => {
    expect(read(expression)).toEqual(expected)
  })

  test.each([
    ['data.a.b > 1 && data.a == data.a', { data: { a: 'all' } }],
    ['data.a == 1 || data.a.b > 1', { data: { a: 'all' } }],
    ['size(data) > 1', { data: 'all' }],
    ['"a" in data', { data: 'all' }],
    ['data[key] > 1', { data: 'all', key: 'all' }],
    ['data.items[0].price > 1', { data: { items: 'all' } }],
    ['data.items.all(item, item.price > data.min)', { data: { items: 'all', min: 'all' } }],
    ['data.items.exists(data, data.price > 1)', { data: { items: 'all', price: 'all' } }],
    ['cel.bind(x, data.a, x.b > 1)', { data: { a: 'all' } }],
    ['[data.a].exists(x, x.b > data.c) ? data.d : key == "k"', { data: { a: 'all', c: 'all', d: 'all' }, key: 'all' }],
  ])('finds values that are read as a whole in %s', (expression, expected) => {
    expect(read(expression)).toEqual(expected)
  })
})
