import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import type { Mutant } from './run-mutants.ts'

/** Text that a node is replaced by, and what the change is. */
interface Change {
  readonly what: string
  readonly text: string
}

const opposites: ReadonlyMap<ts.SyntaxKind, readonly string[]> = new Map([
  [ts.SyntaxKind.EqualsEqualsEqualsToken, ['!==']],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, ['===']],
  [ts.SyntaxKind.LessThanToken, ['<=', '>=']],
  [ts.SyntaxKind.LessThanEqualsToken, ['<', '>']],
  [ts.SyntaxKind.GreaterThanToken, ['>=', '<=']],
  [ts.SyntaxKind.GreaterThanEqualsToken, ['>', '<']],
  [ts.SyntaxKind.AmpersandAmpersandToken, ['||']],
  [ts.SyntaxKind.BarBarToken, ['&&']],
  [ts.SyntaxKind.QuestionQuestionToken, ['&&']],
  [ts.SyntaxKind.PlusToken, ['-']],
  [ts.SyntaxKind.MinusToken, ['+']],
  [ts.SyntaxKind.AsteriskToken, ['/']],
  [ts.SyntaxKind.SlashToken, ['*']],
])

/** Methods of lists that are taken for one another, or left out. */
const methods: ReadonlyMap<string, string | undefined> = new Map([
  ['some', 'every'],
  ['every', 'some'],
  ['filter', undefined],
  ['toReversed', undefined],
  ['toSorted', undefined],
])

/**
 * All mutants of one file, by the operators that mutation testers share: conditions negated and fixed, comparisons moved by
 * one, texts, lists, objects and bodies emptied, statements and properties left out, methods swapped.
 */
export function mutantsOf(service: string, part: string, file: string): readonly Mutant[] {
  const source = readFileSync(join(service, 'src', part, file), 'utf8')
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true)
  const mutants: Mutant[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isTypeNode(node) || ts.isInterfaceDeclaration(node)) return
    for (const { what, text } of changesOf(node)) {
      const [from, to] = [node.getStart(tree), node.getEnd()]
      const { line } = tree.getLineAndCharacterOfPosition(from)
      mutants.push({
        part,
        file,
        what: `${file}:${line + 1} ${what}: ${short(source.slice(from, to))}`,
        text: source.slice(0, from) + text + source.slice(to),
      })
    }
    ts.forEachChild(node, visit)
  }
  visit(tree)
  return mutants
}

const short = (text: string): string => {
  const line = text.replaceAll(/\s+/g, ' ')
  return line.length > 70 ? `${line.slice(0, 67)}...` : line
}

function changesOf(node: ts.Node): readonly Change[] {
  const text = node.getText()
  if (ts.isBinaryExpression(node)) {
    const { left, operatorToken, right } = node
    const others = opposites.get(operatorToken.kind) ?? []
    return others.map((other) => ({
      what: `${operatorToken.getText()} becomes ${other}`,
      // In brackets, since the other operator may bind less than what is around it.
      text: `((${left.getText()}) ${other} (${right.getText()}))`,
    }))
  }
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken) {
    return [{ what: 'not left out', text: node.operand.getText() }]
  }
  if (ts.isIfStatement(node)) {
    const rest = text.slice(node.expression.getEnd() - node.getStart())
    return ['true', 'false'].map((value) => ({ what: `condition ${value}`, text: `if (${value}${rest}` }))
  }
  if (ts.isConditionalExpression(node)) {
    return [
      { what: 'condition true', text: node.whenTrue.getText() },
      { what: 'condition false', text: node.whenFalse.getText() },
    ]
  }
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) {
    if (ts.isPropertyAssignment(node.parent) && node.parent.name === node) return []
    return [{ what: 'text emptied', text: node.text === '' ? "'mutant'" : "''" }]
  }
  if (ts.isTemplateExpression(node)) return [{ what: 'text emptied', text: "''" }]
  if (ts.isArrayLiteralExpression(node) && node.elements.length > 0) return [{ what: 'list emptied', text: '[]' }]
  if (ts.isObjectLiteralExpression(node) && node.properties.length > 0)
    return [{ what: 'object emptied', text: '({})' }]
  if (
    (ts.isPropertyAssignment(node) || ts.isShorthandPropertyAssignment(node) || ts.isSpreadAssignment(node)) &&
    // One property alone is what emptying the object leaves out.
    node.parent.properties.length > 1
  ) {
    return [{ what: 'property left out', text: ts.isSpreadAssignment(node) ? '...{}' : 'mutant: undefined' }]
  }
  if (ts.isBlock(node) && node.statements.length > 1) return [{ what: 'body emptied', text: '{}' }]
  if (ts.isExpressionStatement(node)) return [{ what: 'statement left out', text: ';' }]
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
    const { expression, name } = node.expression
    if (!methods.has(name.text)) return []
    const other = methods.get(name.text)
    const tail = text.slice(name.getEnd() - node.getStart())
    return [
      other === undefined
        ? { what: `${name.text} left out`, text: expression.getText() }
        : { what: `${name.text} becomes ${other}`, text: `${expression.getText()}.${other}${tail}` },
    ]
  }
  return []
}
