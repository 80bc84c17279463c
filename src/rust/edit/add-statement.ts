import { parser } from '@lezer/rust'
import type { SyntaxNode } from '../source.ts'

/**
 * Adds a statement such as `parts.spawn(order::run());` to a function of a Rust module, after the last statement that calls
 * the same function. Returns the text unchanged if the function already has the statement, and `undefined` if there is no
 * such function or no such call.
 */
export function addRustStatement(text: string, functionName: string, statement: string): string | undefined {
  const block = bodyOf(parser.parse(text).topNode, text, functionName)
  if (block === undefined) return undefined
  const callee = calleeOf(statement)
  const sameCalls: SyntaxNode[] = []
  for (let node = block.firstChild; node !== null; node = node.nextSibling) {
    const found = text.slice(node.from, node.to)
    if (node.name !== 'ExpressionStatement' || calleeOf(found) !== callee) continue
    if (found === statement) return text
    sameCalls.push(node)
  }
  const last = sameCalls.at(-1)
  if (last === undefined) return undefined
  const indent = /[^\n]*$/.exec(text.slice(0, last.from))?.[0] ?? ''
  const comment = /^[ \t]*\/\/[^\n]*/.exec(text.slice(last.to))?.[0] ?? ''
  const end = last.to + comment.length
  return `${text.slice(0, end)}\n${indent}${statement}${text.slice(end)}`
}

/** The text up to the parenthesis that begins the arguments. */
const calleeOf = (statement: string): string => statement.slice(0, statement.indexOf('(') + 1)

function bodyOf(top: SyntaxNode, text: string, name: string): SyntaxNode | undefined {
  for (let node = top.firstChild; node !== null; node = node.nextSibling) {
    if (node.type.isError) return undefined
    // In `#[tokio::main] fn main() {}` the function is a child of the attribute.
    const bare = node.name === 'AttributeItem' ? (node.lastChild ?? node) : node
    const identifier = bare.name === 'FunctionItem' ? bare.getChild('BoundIdentifier') : null
    if (identifier !== null && text.slice(identifier.from, identifier.to) === name) {
      return bare.getChild('Block') ?? undefined
    }
  }
  return undefined
}
