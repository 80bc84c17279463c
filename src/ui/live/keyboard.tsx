import { useInput, useStdin } from 'ink'
import { type Key, toKeys } from './state/keys.ts'

interface Props {
  readonly onKey: (key: Key) => void
  /** Called with whether keys can be read: not if stdin is not a terminal. */
  readonly onReady: (canType: boolean) => void
}

/** Reads the keys. Draws nothing, because the lines of the screen are written by `lineScreen`. */
export function Keyboard({ onKey, onReady }: Props) {
  const { isRawModeSupported } = useStdin()
  onReady(isRawModeSupported)
  useInput((input, key) => toKeys(input, key).forEach(onKey), { isActive: isRawModeSupported })
  return null
}
