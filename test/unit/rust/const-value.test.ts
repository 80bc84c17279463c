import { parser } from '@lezer/rust'
import { expect, test } from 'vitest'
import { constValue } from '../../../src/rust/const-value.ts'
import { childOf, childrenOf, Source } from '../../../src/rust/source.ts'

function evaluate(expression: string): bigint | undefined {
  const source = new Source('lib.rs', `const N: usize = ${expression};`)
  const item = childOf(parser.parse(source.text).topNode, 'ConstItem')
  const parts = item === undefined ? [] : childrenOf(item)
  const node = parts[parts.findIndex(({ name }) => name === '=') + 1]
  return node && constValue({ node, source }, ([name]) => (name === 'WIDTH' ? 8n : undefined))
}

test.each([
  ['2 * (WIDTH + 1)', 18n],
  ['0xff_u8 as usize', 255n],
  ['1 << 63', 1n << 63n],
  ['256 >> 4', 16n],
])('constValue evaluates %s', (expression, value) => {
  expect(evaluate(expression)).toBe(value)
})

test.each(['1 / 0', '1 << 64', '1 << (0 - 1)', '1 >> (0 - 99999999999)', 'HEIGHT', 'len(1)'])(
  'constValue is undefined for %s',
  (expression) => {
    expect(evaluate(expression)).toBeUndefined()
  },
)
