import type { Expression } from './ast.ts'
import { childrenOf } from './source.ts'

/**
 * Evaluates an integer expression such as the length of an array. `undefined` for anything but arithmetic with integers and
 * constants. `constantNamed` returns the value of a constant by the segments of its path.
 */
export function constValue(
  { node, source }: Expression,
  constantNamed: (path: readonly string[]) => bigint | undefined,
): bigint | undefined {
  const value = (part: typeof node | undefined): bigint | undefined =>
    part && constValue({ node: part, source }, constantNamed)
  const parts = childrenOf(node)
  switch (node.name) {
    case 'Integer': {
      const digits = source
        .textOf(node)
        .replaceAll('_', '')
        .replace(/[iu](8|16|32|64|128|size)$/, '')
      return BigInt(digits)
    }
    case 'Identifier':
    case 'TypeIdentifier':
      return constantNamed([source.textOf(node)])
    case 'ScopedIdentifier':
    case 'ScopedTypeIdentifier': {
      const names = parts.filter(({ name }) => name !== '::')
      return names.every(({ firstChild }) => !firstChild)
        ? constantNamed(names.map((name) => source.textOf(name)))
        : undefined
    }
    case 'ParenthesizedExpression':
      return value(parts[1])
    case 'TypeCastExpression':
      return value(parts[0])
    case 'Block':
      return parts.length === 3 ? value(parts[1]) : undefined
    case 'ExpressionStatement':
      return parts.length === 1 ? value(parts[0]) : undefined
    case 'BinaryExpression': {
      const [left, operator, right] = [value(parts[0]), parts[1], value(parts[2])]
      if (left === undefined || right === undefined || !operator) return undefined
      return calculate(left, source.textOf(operator), right)
    }
    default:
      return undefined
  }
}

function calculate(left: bigint, operator: string, right: bigint): bigint | undefined {
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
    case '<<':
      return isShift(right) ? left << right : undefined
    case '>>':
      return isShift(right) ? left >> right : undefined
    case '|':
      return left | right
    case '&':
      return left & right
    default:
      return undefined
  }
}

/** A shift by a negative number or by more than the bits of a usize does not compile in Rust. */
const isShift = (bits: bigint): boolean => bits >= 0n && bits < 64n
