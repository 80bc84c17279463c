import type { Expression } from './ast.ts'
import { childrenOf } from './source.ts'

/** The types of integers with their numbers of bits. `usize` and `isize` are those of a 64-bit computer. */
const bitsOf = {
  ...{ u8: 8n, u16: 16n, u32: 32n, u64: 64n, u128: 128n, usize: 64n },
  ...{ i8: 8n, i16: 16n, i32: 32n, i64: 64n, i128: 128n, isize: 64n },
}

export type IntegerType = keyof typeof bitsOf

export const isIntegerType = (name: string): name is IntegerType => Object.hasOwn(bitsOf, name)

/** The value of an integer expression. `type` is `undefined` as long as the type follows from the context: `1 + 1`. */
export interface ConstValue {
  readonly value: bigint
  readonly type: IntegerType | undefined
}

/** Resolves the names in an expression, which are paths. Both functions return `undefined` for an unknown name. */
export interface ConstNames {
  readonly constant: (path: readonly string[]) => ConstValue | undefined
  readonly type: (path: readonly string[]) => IntegerType | undefined
}

/**
 * Evaluates an integer expression such as the length of an array. `undefined` for anything but arithmetic with integers and
 * constants, and for an overflow, which does not compile.
 */
export function constValue({ node, source }: Expression, names: ConstNames): ConstValue | undefined {
  const inner = (part: typeof node | undefined) => part && constValue({ node: part, source }, names)
  const parts = childrenOf(node)
  switch (node.name) {
    case 'Integer':
      return integerLiteral(source.textOf(node))
    case 'Char':
      return characterLiteral(source.textOf(node))
    case 'Identifier':
    case 'TypeIdentifier':
      return names.constant([source.textOf(node)])
    case 'ScopedIdentifier':
    case 'ScopedTypeIdentifier': {
      const steps = parts.filter(({ name }) => name !== '::')
      if (steps.some(({ firstChild }) => firstChild)) return undefined
      const path = steps.map((step) => source.textOf(step))
      return limitOf(path, names) ?? names.constant(path)
    }
    case 'ParenthesizedExpression':
      return inner(parts[1])
    case 'Block':
      return parts.length === 3 ? inner(parts[1]) : undefined
    case 'ExpressionStatement':
      return parts.length === 1 ? inner(parts[0]) : undefined
    case 'TypeCastExpression': {
      const [from, target] = [inner(parts[0]), parts.at(-1)]
      const path = target ? source.textOf(target).split('::') : []
      const type = names.type(path.map((step) => step.trim()))
      // A literal without a type has the target type, in which it must fit.
      return from && type && (from.type === undefined ? inType(from.value, type) : wrapped(from.value, type))
    }
    case 'UnaryExpression': {
      const value = inner(parts[1])
      const operator = parts[0] && source.textOf(parts[0])
      if (!value || (operator !== '-' && operator !== '!')) return undefined
      if (operator === '-') return inType(-value.value, value.type)
      return value.type && wrapped(~value.value, value.type)
    }
    case 'BinaryExpression': {
      const [left, operator, right] = [inner(parts[0]), parts[1], inner(parts[2])]
      return left && right && operator && calculate(left, source.textOf(operator), right)
    }
    default:
      return undefined
  }
}

function integerLiteral(text: string): ConstValue | undefined {
  const [, digits = '', suffix] = /^(0[xob][\da-fA-F_]+?|[\d_]+)([iu](?:8|16|32|64|128|size))?$/.exec(text) ?? []
  const plain = digits.replaceAll('_', '')
  if (!/^(0x[\da-f]+|0o[0-7]+|0b[01]+|\d+)$/i.test(plain)) return undefined
  return inType(BigInt(plain), suffix !== undefined && isIntegerType(suffix) ? suffix : undefined)
}

/** The value of `b'a'`. A `char` can only be cast, and is rare in a length. */
function characterLiteral(text: string): ConstValue | undefined {
  const byte = /^b'([\x20-\x5b\x5d-\x7e])'$/.exec(text)?.[1]
  return byte === undefined ? undefined : { value: BigInt(byte.charCodeAt(0)), type: 'u8' }
}

/** The value of `u8::MAX`, `i16::MIN` or `u32::BITS`. */
function limitOf(path: readonly string[], names: ConstNames): ConstValue | undefined {
  const type = path.length > 1 ? names.type(path.slice(0, -1)) : undefined
  if (!type) return undefined
  const { min, max } = rangeOf(type)
  switch (path.at(-1)) {
    case 'MAX':
      return { value: max, type }
    case 'MIN':
      return { value: min, type }
    case 'BITS':
      return { value: bitsOf[type], type: 'u32' }
    default:
      return undefined
  }
}

function rangeOf(type: IntegerType): { readonly min: bigint; readonly max: bigint } {
  const bits = bitsOf[type]
  return type.startsWith('u')
    ? { min: 0n, max: (1n << bits) - 1n }
    : { min: -(1n << (bits - 1n)), max: (1n << (bits - 1n)) - 1n }
}

/** A value that must fit in its type. */
export function inType(value: bigint, type: IntegerType | undefined): ConstValue | undefined {
  const { min, max } = rangeOf(type ?? 'i128')
  return value >= min && value <= max ? { value, type } : undefined
}

/** The lowest bits of a value, as a cast keeps them. */
const wrapped = (value: bigint, type: IntegerType): ConstValue => {
  const bits = Number(bitsOf[type])
  return { value: type.startsWith('u') ? BigInt.asUintN(bits, value) : BigInt.asIntN(bits, value), type }
}

function calculate(left: ConstValue, operator: string, right: ConstValue): ConstValue | undefined {
  if (operator === '<<' || operator === '>>') {
    const bits = left.type ? bitsOf[left.type] : 64n
    if (right.value < 0n || right.value >= bits) return undefined
    if (operator === '>>') return { value: left.value >> right.value, type: left.type }
    const shifted = left.value << right.value
    return left.type ? wrapped(shifted, left.type) : inType(shifted, undefined)
  }
  if (left.type && right.type && left.type !== right.type) return undefined
  const type = left.type ?? right.type
  const value = arithmetic(left.value, operator, right.value)
  return value === undefined ? undefined : inType(value, type)
}

function arithmetic(left: bigint, operator: string, right: bigint): bigint | undefined {
  switch (operator) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '/':
      return right === 0n ? undefined : left / right
    case '%':
      return right === 0n ? undefined : left % right
    case '|':
      return left | right
    case '&':
      return left & right
    case '^':
      return left ^ right
    default:
      return undefined
  }
}
