import { expect, test } from 'vitest'
import { guessPayload } from '../../../src/codecs/guess-bincode.ts'

/** Bincode of an enum whose variant 2 holds the 16 bytes of a UUID after their length. */
const payloadOf = (uuid: string): Buffer => Buffer.from(`020000001000000000000000${uuid.replaceAll('-', '')}`, 'hex')

test.each([1, 4, 7, 8])('guessPayload finds a UUID of version %i', (version) => {
  const uuid = `0192f0c1-a2b3-${version}d48-b5f6-0718293a4b5c`
  expect(guessPayload(payloadOf(uuid))).toEqual({ variant: 2, found: [{ uuid }] })
})

test.each([0, 9])('guessPayload takes no bytes for a UUID of version %i, which does not exist', (version) => {
  expect(guessPayload(payloadOf(`0192f0c1-a2b3-${version}d48-b5f6-0718293a4b5c`))).toEqual({ variant: 2, found: [] })
})
