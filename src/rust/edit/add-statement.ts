import { parser } from '@lezer/rust'

type SyntaxNode = ReturnType<typeof parser.parse>['topNode']

/**
 * A Rust module with one statement more in one of its functions, such as `parts.spawn(order::run());` in `run`: behind the
 * last that calls the same. A function that has it stays as it is. `undefined` when there is no such function or no call.
 */
export function addRustStatement(text: string, name: string, statement: string): string | undefined {
  const block = bodyOf(parser.parse(text).topNode, text, name)
  if (block === undefined) return undefined
  const callee = calleeOf(statement)
  const alike: SyntaxNode[] = []
  for (let node = block.firstChild; node !== null; node = node.nextSibling) {
    const found = text.slice(node.from, node.to)
    if (node.name !== 'ExpressionStatement' || calleeOf(found) !== callee) continue
    if (found === statement) return text
    alike.push(node)
  }
  const last = alike.at(-1)
  if (last === undefined) return undefined
  const indent = /[^\n]*$/.exec(text.slice(0, last.from))?.[0] ?? ''
  const remark = /^[ \t]*\/\/[^\n]*/.exec(text.slice(last.to))?.[0] ?? ''
  const end = last.to + remark.length
  return `${text.slice(0, end)}\n${indent}${statement}${text.slice(end)}`
}

const calleeOf = (statement: string): string => statement.slice(0, statement.indexOf('(') + 1)

function bodyOf(top: SyntaxNode, text: string, name: string): SyntaxNode | undefined {
  for (let node = top.firstChild; node !== null; node = node.nextSibling) {
    if (node.type.isError) return undefined
    const bare = node.name === 'AttributeItem' ? (node.lastChild ?? node) : node
    const identifier = bare.name === 'FunctionItem' ? bare.getChild('BoundIdentifier') : null
    if (identifier !== null && text.slice(identifier.from, identifier.to) === name) {
      return bare.getChild('Block') ?? undefined
    }
  }
  return undefined
}
