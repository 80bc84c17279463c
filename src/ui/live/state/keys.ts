import type { Key as InkKey } from 'ink'

/** A pressed key. `text` is the character of the key, or several characters that arrived at once. */
export type Key =
  | 'up'
  | 'down'
  | 'pageUp'
  | 'pageDown'
  | 'home'
  | 'end'
  | 'enter'
  | 'escape'
  | 'backspace'
  | 'left'
  | 'right'
  | 'tab'
  | 'interrupt'
  | { readonly text: string }

/** Keys that ink recognizes, by the property that is true. */
const inkKeys = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['pageUp', 'pageUp'],
  ['pageDown', 'pageDown'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['escape', 'escape'],
  ['backspace', 'backspace'],
  // The backspace key of most keyboards sends DEL.
  ['delete', 'backspace'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['tab', 'tab'],
] as const satisfies readonly (readonly [keyof InkKey, Key])[]

/** Control characters in a text, which is where they are if several keys arrive at once. */
const controlKeys: ReadonlyMap<string, Key> = new Map([
  ['\r', 'enter'],
  ['\n', 'enter'],
  ['\t', 'tab'],
  ['\u001b', 'escape'],
  ['\u007f', 'backspace'],
  ['\b', 'backspace'],
  ['\u0003', 'interrupt'],
])

/** Converts the input of ink to keys. Leaves out keys that the dashboard does not use. */
export function toKeys(input: string, key: InkKey): readonly Key[] {
  if (key.ctrl) return input === 'c' ? ['interrupt'] : []
  const found = inkKeys.find(([name]) => key[name])
  if (found !== undefined) return [found[1]]
  // Fast typing and pasting arrive as one text.
  return (input.match(/\P{Cc}+|\p{Cc}/gu) ?? []).flatMap((part) => {
    const known = controlKeys.get(part)
    if (known !== undefined) return [known]
    return /\p{Cc}/u.test(part) ? [] : [{ text: part }]
  })
}
