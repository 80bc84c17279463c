import { parser } from '@lezer/rust'
import { expect, test } from 'vitest'
import { constValue, isIntegerType } from '../../../src/rust/const-value.ts'
import { childOf, childrenOf, Source } from '../../../src/rust/source.ts'

function evaluate(expression: string): bigint | undefined {
  const source = new Source('lib.rs', `const N: usize = ${expression};`)
  const item = childOf(parser.parse(source.text).topNode, 'ConstItem')
  const parts = item === undefined ? [] : childrenOf(item)
  const node = parts[parts.findIndex(({ name }) => name === '=') + 1]
  const constant = ([name]: readonly string[]) =>
    name === 'WIDTH' ? ({ value: 8n, type: 'usize' } as const) : undefined
  const type = ([name = '']: readonly string[]) => (isIntegerType(name) ? name : undefined)
  return node && constValue({ node, source }, { constant, type })?.value
}

test.each([
  ['2 * (WIDTH + 1)', 18n],
  ['0xff_u8 as usize', 255n],
  ['1 << 63', 1n << 63n],
  ['256 >> 4', 16n],
  ['(260u16 as u8) as usize', 4n],
  ['-1i8 as u8 as usize', 255n],
  ['!0u8 as usize', 255n],
  ['(200u8 << 1) as usize', 144n],
  ['0b1010 ^ 0o17', 5n],
  ["b'a' as usize", 97n],
  ['u8::MAX as usize + 1', 256n],
  ['u16::BITS as usize', 16n],
])('constValue evaluates %s', (expression, value) => {
  expect(evaluate(expression)).toBe(value)
})

test.each([
  '1 / 0',
  '1 << 64',
  '1 << (0 - 1)',
  '1 >> (0 - 99999999999)',
  'HEIGHT',
  'len(1)',
  '260 as u8',
  '200u8 + 100',
  '0 - 1u8',
  'WIDTH + 1u8',
  '!0',
  '1 as Small',
])('constValue is undefined for %s', (expression) => {
  expect(evaluate(expression)).toBeUndefined()
})
