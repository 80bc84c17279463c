import { childrenOf, type Expression } from './syntax.ts'

/** Works out an integer such as the length of an array; `look` knows the names. `undefined`: it is more than arithmetic. */
export function constValue(
  { node, source }: Expression,
  look: (path: readonly string[]) => bigint | undefined,
): bigint | undefined {
  const value = (at: typeof node | undefined): bigint | undefined => at && constValue({ node: at, source }, look)
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
      return look([source.textOf(node)])
    case 'ScopedIdentifier':
    case 'ScopedTypeIdentifier': {
      const names = parts.filter(({ name }) => name !== '::')
      return names.every(({ firstChild }) => !firstChild) ? look(names.map((name) => source.textOf(name))) : undefined
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
      return right < 64n ? left << right : undefined
    case '>>':
      return left >> right
    case '|':
      return left | right
    case '&':
      return left & right
    default:
      return undefined
  }
}
