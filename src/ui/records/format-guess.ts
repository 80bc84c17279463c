import { guessPayload } from '../../codecs/guess-bincode.ts'
import { printable } from '../text/printable.ts'

/** Formats a guess at the content of an unknown payload: `guess(variant 2, "o-1", 14 bytes)`. `undefined` if no guess is possible. */
export function formatGuess(bytes: Uint8Array): string | undefined {
  const guess = guessPayload(bytes)
  if (guess === undefined) return undefined
  const found = guess.found.map((one) => (typeof one === 'string' ? printable(JSON.stringify(one)) : one.uuid))
  return `guess(${[`variant ${guess.variant}`, ...found, `${bytes.length} bytes`].join(', ')})`
}
