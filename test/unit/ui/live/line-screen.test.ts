import { expect, test } from 'vitest'
import { lineScreen } from '../../../../src/ui/live/line-screen.ts'

const BEGIN = '\u001b[?2026h'
const END = '\u001b[?2026l'

test('writes only the lines that have changed, each at its row', () => {
  let written = ''
  const screen = lineScreen((text) => {
    written += text
  })
  const drawn = (...lines: string[]) => {
    written = ''
    screen.draw(lines)
    return written
  }
  expect(drawn('a', 'b')).toBe(`${BEGIN}\u001b[1;1H a\u001b[K\u001b[2;1H b\u001b[K${END}`)
  expect(drawn('a', 'c')).toBe(`${BEGIN}\u001b[2;1H c\u001b[K${END}`)
  expect(drawn('a', 'c')).toBe('')
  expect(drawn('a')).toBe(`${BEGIN}\u001b[2;1H\u001b[K${END}`)
  screen.clear()
  expect(written.endsWith('\u001b[2J')).toBe(true)
  expect(drawn('a')).toBe(`${BEGIN}\u001b[1;1H a\u001b[K${END}`)
})
