import { expect, test } from 'vitest'
import { namesLike } from '../../../src/bus/names/names-like.ts'

test.each([
  ['a name with a missing letter', 'ordr-events', ['payment-events', 'order-events'], ['order-events']],
  ['a name in another case style', 'customerId', ['customer_id', 'created_at'], ['customer_id']],
  ['a name with more separators than letters may differ', 'abcd', ['a_b_c_d'], ['a_b_c_d']],
  ['no name when only separators are alike', 'a_b_c_d_e_f', ['x_y_z_d_e_f'], []],
  ['several similar names, closest first', 'tial', ['tail', 'till'], ['till', 'tail']],
  ['no name for an unlike name', 'inventory', ['order', 'payment'], []],
  ['no name when every letter differs', 'ab', ['cd'], []],
  ['no name for more than 100 characters', 'a'.repeat(101), ['a'.repeat(101)], []],
])('namesLike finds %s', (_, typed, known, like) => {
  expect(namesLike(typed, known)).toEqual(like)
})
