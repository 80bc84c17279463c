import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { networkCause } from '../../../src/bus/network/network-cause.ts'

const refused = async () => {
  const [error] = await once(connect(1, '127.0.0.1'), 'error').catch((thrown: unknown) => [thrown])
  return error as Error
}

test('says in words that a connection was refused, also for the cause of an error and for several addresses', async () => {
  const error = await refused()
  const words = 'the connection was refused'
  expect(networkCause(error)).toBe(words)
  expect(networkCause(new TypeError('fetch failed', { cause: error }))).toBe(words)
  expect(networkCause(new AggregateError([error, error]))).toBe(words)
})

test('leaves other errors to the caller', () => {
  for (const other of [new Error('x'), undefined, 'x', new AggregateError([])])
    expect(networkCause(other)).toBeUndefined()
})
