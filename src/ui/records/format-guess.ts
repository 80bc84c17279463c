import { guessPayload } from '../../codecs/guess-bincode.ts'
import { printable } from '../text/printable.ts'

/** What an unknown payload seems to hold, marked as a guess; `undefined` when there is nothing to guess by. */
export function formatGuess(bytes: Uint8Array): string | undefined {
  const guess = guessPayload(bytes)
  if (guess === undefined) return undefined
  const found = guess.found.map((one) => (typeof one === 'string' ? printable(JSON.stringify(one)) : one.uuid))
  return `guess(${[`variant ${guess.variant}`, ...found, `${bytes.length} bytes`].join(', ')})`
}
