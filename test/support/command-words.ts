import ts from 'typescript'

/** A text in a source file: a string literal, a part of a template, or JSX text. */
export interface SourceText {
  /** `src/bus/errors.ts:12`. */
  readonly at: string
  readonly text: string
  /** Whether a template continues the text with a value. */
  readonly isContinued: boolean
}

/** Reads the texts of a TypeScript or JavaScript file. Comments and regular expressions are not texts. */
export function textsOf(path: string, source: string): SourceText[] {
  const kind = path.endsWith('x') ? ts.ScriptKind.TSX : path.endsWith('js') ? ts.ScriptKind.JS : ts.ScriptKind.TS
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true, kind)
  const texts: SourceText[] = []
  const visit = (node: ts.Node): void => {
    const isContinued = ts.isTemplateHead(node) || ts.isTemplateMiddle(node)
    if (isContinued || ts.isStringLiteralLike(node) || ts.isTemplateTail(node) || ts.isJsxText(node)) {
      const line = file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1
      texts.push({ at: `${path}:${line}`, text: node.text, isContinued })
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return texts
}

/**
 * Finds flags (`--brokers`, also `--${name}`) and commands of crbus (`crbus topics list`) in texts. `commands` are ids of
 * oclif, such as `topics:list`.
 */
export function commandWords(texts: readonly SourceText[], commands: readonly string[]): string[] {
  const first = [...new Set(commands.map((id) => id.split(':')[0]))]
  const words = new RegExp(`(?<![\\w-])--[a-z][\\w-]*|\\bcrbus (?:${first.join('|')})\\b[^'"]{0,40}`, 'i')
  return texts.flatMap(({ at, text, isContinued }) => {
    const [found] = words.exec(text) ?? (isContinued ? /(?<![\w-])--$/.exec(text) : null) ?? []
    if (found === undefined) return []
    const start = Math.max(0, text.indexOf(found) - 80)
    return [`${at}: ${found}: ${text.slice(start, start + 200)}`]
  })
}
