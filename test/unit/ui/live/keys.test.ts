import type { Key as InkKey } from 'ink'
import { expect, test } from 'vitest'
import { toKeys } from '../../../../src/ui/live/state/keys.ts'

const keys = (input: string, pressed: Partial<InkKey> = {}) => toKeys(input, pressed as InkKey)

test.each([
  ['an arrow', '', { upArrow: true }, ['up']],
  ['the backspace of most keyboards', '', { delete: true }, ['backspace']],
  ['a letter', 'G', { shift: true }, [{ text: 'G' }]],
  ['letters that arrive at once', 'bill', {}, [{ text: 'bill' }]],
  ['letters and enter that arrive at once', 'bill\r', {}, [{ text: 'bill' }, 'enter']],
  ['letters of any script', '日本', {}, [{ text: '日本' }]],
  ['Ctrl-C', 'c', { ctrl: true }, ['interrupt']],
  ['Ctrl-C after letters', 'jj\u0003', {}, [{ text: 'jj' }, 'interrupt']],
  ['another control key', 'x', { ctrl: true }, []],
  ['a control character', 'a\u0007b', {}, [{ text: 'a' }, { text: 'b' }]],
] as const)('reads %s', (_, input, pressed, expected) => {
  expect(keys(input, pressed)).toEqual(expected)
})
