import type { Key as InkKey } from 'ink'

/** What was pressed; text is a character, or several that came at once. */
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
  | 'interrupt'
  | { readonly text: string }

const named = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['pageUp', 'pageUp'],
  ['pageDown', 'pageDown'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['escape', 'escape'],
  ['backspace', 'backspace'],
  // What most keyboards' backspace sends.
  ['delete', 'backspace'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
] as const satisfies readonly (readonly [keyof InkKey, Key])[]

const typed: ReadonlyMap<string, Key> = new Map([
  ['\r', 'enter'],
  ['\n', 'enter'],
  ['\u001b', 'escape'],
  ['\u007f', 'backspace'],
  ['\b', 'backspace'],
  ['\u0003', 'interrupt'],
])

/** The keys in what ink makes of the terminal's input; those that mean nothing here are left out. */
export function toKeys(input: string, key: InkKey): readonly Key[] {
  if (key.ctrl) return input === 'c' ? ['interrupt'] : []
  const found = named.find(([name]) => key[name])
  if (found !== undefined) return [found[1]]
  // Fast typing and pasting come as one text.
  return (input.match(/\P{Cc}+|\p{Cc}/gu) ?? []).flatMap((part) => {
    const known = typed.get(part)
    if (known !== undefined) return [known]
    return /\p{Cc}/u.test(part) ? [] : [{ text: part }]
  })
}
