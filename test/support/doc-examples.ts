import { runInThisContext } from 'node:vm'
import ts from 'typescript'
import { compilerOptions, type DocExample, doors, type PublicExport, readPublicExports } from './public-exports.ts'

const root = new URL('../..', import.meta.url).pathname

/** Exports that connect to a server. Examples with them are compiled and not run. */
const servers = new Set(['RedpandaEventBus', 'PostgresEventStore', 'NodeSDK'])

/** `// => value` at the end of an expression statement states the value of the expression. */
const RESULT = /^\/\/ => /

/** Compares the value of an expression with the value in its comment. `line` counts from 1. */
export type Check = (line: number, actual: unknown, stated: unknown) => void

/** The public exports, and the compiler's errors in their examples. */
export interface CheckedExamples {
  readonly exports: readonly PublicExport[]
  /** One line per error: `src/bus/names.ts:12 (topicFor): Cannot find name 'topicfor'.` */
  readonly problems: readonly string[]
}

/**
 * Reads all public exports and type-checks their examples as modules of this project. The files that were parsed for the
 * docstrings are reused, so both take little longer than one of them.
 */
export function checkExamples(): CheckedExamples {
  const options = compilerOptions()
  const host = ts.createCompilerHost(options)
  const parsed = new Map<string, ts.SourceFile | undefined>()
  const codes = new Map<string, DocExample>()
  const cachingHost: ts.CompilerHost = {
    ...host,
    fileExists: (path) => codes.has(path) || host.fileExists(path),
    readFile: (path) => codes.get(path)?.code ?? host.readFile(path),
    getSourceFile(path, languageVersion) {
      const example = codes.get(path)
      if (example !== undefined) return ts.createSourceFile(path, example.code, languageVersion, true)
      if (!parsed.has(path)) parsed.set(path, host.getSourceFile(path, languageVersion))
      return parsed.get(path)
    },
  }
  const publicFiles = Object.values(doors).map((file) => `${root}${file}`)
  const library = ts.createProgram({ rootNames: publicFiles, options, host: cachingHost })
  const exports = readPublicExports(library)
  for (const [index, example] of exports.flatMap(({ examples }) => examples).entries()) {
    codes.set(`${root}example-${index}.ts`, example)
  }
  const program = ts.createProgram({
    rootNames: [...publicFiles, ...codes.keys()],
    options,
    host: cachingHost,
    oldProgram: library,
  })
  const problems = [...codes].flatMap(([path, { at, title }]) => {
    const file = program.getSourceFile(path)
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
      ({ messageText, start = 0 }) => {
        const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start).line
        return `${movedBy(at, line)} (${title}): ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
      },
    )
  })
  return { exports, problems }
}

/** Moves a location by some lines: `src/bus/names.ts:12` by 2 lines is `src/bus/names.ts:14`. */
const movedBy = (at: string, lines: number): string => at.replace(/\d+$/, (line) => String(Number(line) + lines))

/** Whether an example needs a broker or a Postgres, judged by the exports and addresses in its code. */
export function needsServer({ code }: DocExample): boolean {
  let found = false
  visit(parse(code), (node) => {
    found ||= ts.isIdentifier(node) && servers.has(node.text)
    found ||= ts.isStringLiteral(node) && node.text.startsWith('postgres://')
  })
  return found
}

/** Whether an example imports the export that it documents, from the right module. */
export function importsItsExport({ code, of }: DocExample): boolean {
  return parse(code).statements.some((statement) => {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) return false
    const { namedBindings } = statement.importClause ?? {}
    if (statement.moduleSpecifier.text !== of.door || namedBindings === undefined) return false
    return ts.isNamedImports(namedBindings) && namedBindings.elements.some(({ name }) => name.text === of.name)
  })
}

/** Returns the lines of an example that state a result, counted from 1. */
export const statedResults = ({ code }: DocExample): number[] =>
  code.split('\n').flatMap((line, index) => (/\/\/ => /.test(line) ? [index + 1] : []))

/** Runs an example with the given modules. Rejects with the error that it throws. Its output is dropped. */
export async function runExample(
  { code, title }: DocExample,
  modules: Readonly<Record<string, object>>,
  check: Check,
): Promise<void> {
  const { outputText } = ts.transpileModule(withChecks(code), {
    compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.CommonJS },
  })
  const body = `(async (require, exports, console, check) => {${outputText}\n})`
  const run: (...given: unknown[]) => Promise<void> = runInThisContext(body, { filename: `example of ${title}` })
  const require = (name: string) => modules[name] ?? process.getBuiltinModule(name)
  await run(require, {}, silentConsole, check)
}

const silence = () => undefined
const silentConsole = { debug: silence, info: silence, log: silence, warn: silence, error: silence }

/** Replaces every expression that states its result with a call to `check`. */
function withChecks(code: string): string {
  const edits: { readonly start: number; readonly end: number; readonly text: string }[] = []
  const source = parse(code)
  visit(source, (node) => {
    if (!ts.isExpressionStatement(node)) return
    const [comment] = ts.getTrailingCommentRanges(code, node.end) ?? []
    const text = comment && code.slice(comment.pos, comment.end)
    if (comment === undefined || text === undefined || !RESULT.test(text)) return
    const line = source.getLineAndCharacterOfPosition(comment.pos).line + 1
    const call = `check(${line}, (${node.getText(source)}), (${text.replace(RESULT, '')}))`
    edits.push({ start: node.getStart(source), end: comment.end, text: call })
  })
  return edits.reduceRight((text, { start, end, text: edit }) => text.slice(0, start) + edit + text.slice(end), code)
}

const parse = (code: string): ts.SourceFile => ts.createSourceFile('example.ts', code, ts.ScriptTarget.Latest, true)

function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node)
  ts.forEachChild(node, (child) => visit(child, see))
}
