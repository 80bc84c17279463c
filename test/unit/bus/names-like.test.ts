import { expect, test } from 'vitest'
import { namesLike } from '../../../src/bus/names/names-like.ts'

test.each([
  ['a letter left out', 'ordr-events', ['payment-events', 'order-events'], ['order-events']],
  ['another way to spell words', 'customerId', ['customer_id', 'created_at'], ['customer_id']],
  ['several, the nearest first', 'tial', ['tail', 'till'], ['till', 'tail']],
  ['nothing near', 'inventory', ['order', 'payment'], []],
  ['every letter wrong', 'ab', ['cd'], []],
  ['a name nobody types', 'a'.repeat(101), ['a'.repeat(101)], []],
])('%s', (_, typed, known, like) => {
  expect(namesLike(typed, known)).toEqual(like)
})
