import { globSync, readFileSync } from 'node:fs'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'

const root = new URL('../..', import.meta.url).pathname

/** Phrases that readers had to decode, each with a plain one. */
const phrases: readonly (readonly [phrase: RegExp, instead: string])[] = [
  [/(?<!there )\bis no\b(?! longer\b| more than\b)/i, 'is not a'],
  [/(?<!there )\bis none\b/, 'is not'],
  [/(?<!there )\bare none\b/, 'are not'],
  [/(?<!there )\bare no\b(?! longer\b| more than\b)/i, 'are not'],
  [/\bwhoever\b/i, 'the caller, the consumer'],
  [/\bnobody\b/i, 'no caller, no process'],
  [/\bsomebody\b/i, 'another process, the user'],
  [/\beverybody\b/i, 'all callers, all members'],
  [/\bof (?:its|theirs|his|ours)(?=[.,;:)])/i, 'of the topic, of the group'],
  [/\bwhat is\b[^.;:]{1,60}\bthat is\b/i, 'a noun'],
  [/\bfor ever\b/i, 'forever'],
  [/\bin hand\b/i, 'the current messages'],
  [/\bin good order\b/i, 'cleanly'],
  [/\bsee to it\b/i, 'ensure, resolve'],
]

/** Uses that say exactly what they should. A file and a part of the text. */
const legitimate: readonly (readonly [file: string, text: string])[] = [
  // A user of the operating system.
  ['test/support/postgres.ts', 'the user nobody'],
  ['test/e2e/local-servers.test.ts', 'the user nobody'],
]

interface Piece {
  /** `src/bus/errors.ts:12`. */
  readonly at: string
  readonly text: string
}

/** Comments, string literals and JSX text of a source file; of a test, the titles and comments alone. */
function piecesOf(path: string, text: string): Piece[] {
  const file = ts.createSourceFile(
    path,
    text,
    ts.ScriptTarget.Latest,
    true,
    path.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS,
  )
  const pieces: Piece[] = []
  const seen = new Set<number>()
  const add = (start: number, piece: string) => {
    if (seen.has(start)) return
    seen.add(start)
    const line = file.getLineAndCharacterOfPosition(start).line + 1
    pieces.push({ at: `${path}:${line}`, text: piece.replaceAll(/\n\s*(?:\*|\/\/)?\s*/g, ' ') })
  }
  const isTest = path.startsWith('test/')
  const visit = (node: ts.Node): void => {
    const comments = [
      ...(ts.getLeadingCommentRanges(text, node.pos) ?? []),
      ...(ts.getTrailingCommentRanges(text, node.end) ?? []),
    ]
    for (const { pos, end } of comments) add(pos, text.slice(pos, end))
    const isText =
      ts.isStringLiteralLike(node) ||
      ts.isTemplateHead(node) ||
      ts.isTemplateMiddleOrTemplateTail(node) ||
      ts.isJsxText(node)
    if (isText && (!isTest || isTitle(node))) add(node.getStart(file), node.text)
    ts.forEachChild(node, visit)
  }
  visit(file)
  return pieces
}

/**
 * Paragraphs of a Markdown page; of a file in another language, its blocks of line comments, and every other line by itself. Joins the
 * lines of a paragraph, so that a phrase is found across a line break.
 */
function paragraphsOf(path: string, text: string): Piece[] {
  const isPage = path.endsWith('.md')
  const pieces: { at: string; text: string }[] = []
  let isOpen = false
  for (const [index, line] of text.split('\n').entries()) {
    const part = isPage ? line.trim() : /^\s*(?:\/\/[/!]?|#)\s+(.*)/.exec(line)?.[1]
    const isPart = part !== undefined && part !== ''
    const last = pieces.at(-1)
    if (isOpen && isPart && last !== undefined && !(isPage && startsBlock.test(part))) last.text += ` ${part}`
    else pieces.push({ at: `${path}:${index + 1}`, text: part ?? line })
    isOpen = isPart
  }
  return pieces
}

/** A list item, a row of a table, a heading, a quotation or a fence. */
const startsBlock = /^(?:[-*|#>`]|\d+\.\s)/

/** Whether a literal is the title of a test or of a group of tests. */
function isTitle(node: ts.Node): boolean {
  const { parent } = node
  if (!ts.isCallExpression(parent) || parent.arguments[0] !== node) return false
  return /^(?:test|describe|it)\b/.test(parent.expression.getText())
}

const found = (pieces: readonly Piece[]): string[] =>
  pieces.flatMap(({ at, text }) =>
    phrases
      .filter(([phrase]) => phrase.test(text))
      .filter(() => !legitimate.some(([file, part]) => at.startsWith(`${file}:`) && text.includes(part)))
      .map(([phrase, instead]) => `${at}: '${phrase.exec(text)?.[0]}' (instead: ${instead}): ${text.slice(0, 100)}`),
  )

const read = (...patterns: string[]): Piece[] =>
  patterns
    .flatMap((pattern) => globSync(pattern, { cwd: root }))
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => !/node_modules|bench\/results/.test(path))
    .flatMap((path) => {
      const text = readFileSync(`${root}${path}`, 'utf8')
      return /\.[jt]sx?$/.test(path) ? piecesOf(path, text) : paragraphsOf(path, text)
    })

// Parses all sources and tests.
describe('plain words are used', { timeout: 60_000 }, () => {
  test('comments and texts of the sources use plain words', () => {
    const pieces = read('src/**/*.{ts,tsx}', 'bin/**/*.js')
    expect(pieces.length).toBeGreaterThan(5000)
    expect(found(pieces)).toEqual([])
  })

  test('comments, texts and pages of templates use plain words', () => {
    const pieces = read('templates/**/*.{ts,rs,json,md,toml,yaml,yml}')
    const languages = new Set(pieces.map(({ at }) => /\.(\w+):\d+$/.exec(at)?.[1]))
    expect(languages).toEqual(new Set(['ts', 'rs', 'json', 'md', 'toml', 'yaml', 'yml']))
    expect(found(pieces)).toEqual([])
  })

  test('titles and comments of tests use plain words', () => {
    const pieces = read('test/**/*.ts').filter(({ at }) => !at.startsWith('test/unit/wording.test.ts'))
    expect(found(pieces)).toEqual([])
  })

  test('pages of the documentation use plain words', () => {
    const pieces = read('*.md', 'src/**/*.md', 'test/**/*.md', 'templates/*.md')
    const pages = new Set(pieces.map(({ at }) => at.replace(/:\d+$/, '')))
    expect([...pages]).toEqual(expect.arrayContaining(['README.md', 'CHANGELOG.md', 'src/commands/README.md']))
    expect(found(pieces)).toEqual([])
  })
})

describe('a phrase is found', () => {
  test.each([
    ['in a comment', "// 'soon' is no date\nexport const a = 1"],
    ['in a docstring over several lines', '/** What is in there is for\n * nobody. */\nexport const a = 1'],
    ['in a message', 'export const a = `the partition is none of its.`'],
    ['in a text', "throw new Error('whoever reads it')"],
  ])('a phrase is found in: %s', (_, text) => {
    expect(found(piecesOf('src/a.ts', text))).not.toEqual([])
  })

  test.each([
    ['in a comment of Rust over two lines', 'a.rs', '/// Waits for\n    /// ever.\nfn a() {}'],
    ['in a text of JSON', 'a.json', '{ "ask": "What is nobody asked?" }'],
    ['in a comment of YAML', 'a.yaml', 'a: 1\n# Ends in good order.'],
    ['in a paragraph of a page over two lines', 'a.md', '# A\n\nThe group is\nno consumer group.'],
  ])('a phrase is found %s', (_, path, text) => {
    expect(found(paragraphsOf(path, text))).toHaveLength(1)
  })

  test('a phrase is found in the title of a test, and not in the data of a test', () => {
    expect(
      found(piecesOf('test/a.ts', "test('a list is none', () => { expect(b).toBe('a list is none') })")),
    ).toHaveLength(1)
  })

  test.each(['// There is no topic', '// It is no longer there', 'export const nobodyElse = 1'])(
    'plain words are not found: %s',
    (text) => {
      expect(found(piecesOf('src/a.ts', text))).toEqual([])
    },
  )
})

test('a list item is not joined with the item before it', () => {
  expect(found(paragraphsOf('a.md', '- what it is\n- no list'))).toEqual([])
})
