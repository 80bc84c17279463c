import { relative } from 'node:path'
import ts from 'typescript'

const root = new URL('../..', import.meta.url).pathname

/** The public modules, by the name that users import. */
export const doors = { crbus: 'src/index.ts', 'crbus/testing': 'src/testing.ts', 'crbus/otel': 'src/otel.ts' } as const
type Door = keyof typeof doors

/** An export of a public module with its docstring. */
export interface PublicExport {
  readonly name: string
  readonly door: Door
  /** Whether it is a function, class or constant; false for a type without a value of the same name. */
  readonly isValue: boolean
  /** The docstring up to its first tag. */
  readonly description: string
  readonly examples: readonly DocExample[]
  /** The location of the declaration: `src/bus/names.ts:10`. */
  readonly at: string
}

/** The code of one `@example`. */
export interface DocExample {
  readonly code: string
  /** The export that it documents, with a number from the second example on. */
  readonly title: string
  readonly of: Pick<PublicExport, 'name' | 'door'>
  /** The location of the code: `src/bus/names.ts:12`. */
  readonly at: string
}

/** The compiler options of tsconfig.json, with the public modules under the names that users import. */
export function compilerOptions(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile)
  const { options, errors } = ts.parseJsonConfigFileContent(config, ts.sys, root, undefined, `${root}tsconfig.json`)
  if (errors.length > 0) throw new Error(errors.map(({ messageText }) => String(messageText)).join('\n'))
  const paths = Object.fromEntries(Object.entries(doors).map(([door, file]) => [door, [`./${file}`]]))
  return { ...options, paths }
}

/** Reads every public export, sorted by module and name, with the docstring of its declaration. */
export function readPublicExports(program: ts.Program): PublicExport[] {
  const checker = program.getTypeChecker()
  return Object.entries(doors).flatMap(([door, file]) => {
    const source = program.getSourceFile(`${root}${file}`)
    const module = source && checker.getSymbolAtLocation(source)
    if (module === undefined) throw new Error(`${file} is not a module`)
    const symbols = checker.getExportsOfModule(module).map((symbol) => {
      const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0
      return [symbol.name, isAlias ? checker.getAliasedSymbol(symbol) : symbol] as const
    })
    return symbols
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, symbol]) => toPublicExport(name, door as Door, symbol))
  })
}

function toPublicExport(name: string, door: Door, { declarations = [], flags }: ts.Symbol): PublicExport {
  const comments = declarations.flatMap((declaration) => ts.getJSDocCommentsAndTags(declaration).filter(ts.isJSDoc))
  const texts = comments.map((comment) => ({ text: textOf(comment), at: placeOf(comment) }))
  const codes = texts.flatMap(({ text, at }) => codesIn(text).map(({ code, line }) => ({ code, at: at(line) })))
  const [declaration] = declarations
  if (declaration === undefined) throw new Error(`${name} of ${door} has no declaration`)
  if (texts.flatMap(({ text }) => [...text.matchAll(/^@example/gm)]).length > codes.length) {
    throw new Error(`${placeOf(declaration)(0)}: the @example of ${name} must be followed by a block of ts`)
  }
  return {
    name,
    door,
    isValue: (flags & ts.SymbolFlags.Value) !== 0,
    description: texts
      .map(({ text }) => text.split(/^@/m)[0] ?? '')
      .join('\n')
      .trim(),
    examples: codes.map(({ code, at }, index) => ({
      code,
      title: index === 0 ? name : `${name} (${index + 1})`,
      of: { name, door },
      at,
    })),
    at: placeOf(declaration)(0),
  }
}

/** Returns the lines of a comment without asterisks. The compiler's text of a tag would lose the indentation of code. */
function textOf(comment: ts.JSDoc): string {
  const lines = comment
    .getText()
    .replace(/^\/\*\*/, '')
    .replace(/\*\/$/, '')
    .split('\n')
  return lines.map((line) => line.replace(/^\s*\* ?/, '').trimEnd()).join('\n')
}

function codesIn(text: string): { readonly code: string; readonly line: number }[] {
  return [...text.matchAll(/^@example\n```ts\n(.*?)\n```$/gms)].map(({ index, 1: code = '' }) => ({
    code,
    line: text.slice(0, index).split('\n').length + 1,
  }))
}

/** Returns the location of a line of a node, counted from its first line. */
function placeOf(node: ts.Node): (line: number) => string {
  const file = node.getSourceFile()
  const { line: first } = file.getLineAndCharacterOfPosition(node.getStart())
  return (line) => `${relative(root, file.fileName)}:${first + line + 1}`
}
