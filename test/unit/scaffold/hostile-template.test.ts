import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { applyScaffold } from '../../../src/scaffold/plan/apply.ts'
import { planScaffold, type ScaffoldPlan } from '../../../src/scaffold/plan/plan.ts'
import { readTarget } from '../../../src/scaffold/plan/target.ts'
import { renderText } from '../../../src/scaffold/template/regions.ts'
import { loadTemplate } from '../../../src/scaffold/template/template.ts'

// A template may have been written by a stranger, and so may the service it is to change.

let folder: string
let root: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crbus-hostile-'))
  root = join(folder, 'service')
  write('service/.git/config', '[core]')
  write('outside/secret', 'secret')
  return () => rmSync(folder, { recursive: true })
})

const write = (path: string, text: string) => {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}

const makePipe = (path: string) => execFileSync('sh', ['-c', 'mkfifo "$0"', path])

const manifest = { crbus_template: 1, kind: 'aggregate', lang: 'ts', title: 'a test', words: { name: 'order-line' } }

const template = (more: object = {}, files: Readonly<Record<string, string>> = {}) => {
  rmSync(join(folder, 'template'), { recursive: true, force: true })
  write('template/template.json', JSON.stringify({ ...manifest, ...more }))
  for (const [path, text] of Object.entries(files)) write(`template/files/${path}`, text)
  return loadTemplate(join(folder, 'template'))
}

const plan = (more: object = {}, files: Readonly<Record<string, string>> = {}): ScaffoldPlan =>
  planScaffold({
    template: template(more, files),
    scope: { name: { words: ['stock'] } },
    root,
    read: (path) => readTarget(root, path),
    generated: { schema: () => '', 'command-schema': () => '' },
  })

const everything = () => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()

describe('a path that a template wants to write', () => {
  const outside = ['../out', 'src/../../out', '/etc/x', 'C:/x', 'c:x', '..', 'a/..']
  const reserved = [
    ...['.git/hooks/pre-commit', '.git', '.GIT/config', '.Git/x', 'sub/.git/hooks/x', '.gıt/x'],
    ...['.crbus/bus.db', '.CRBUS/x', 'node_modules/.bin/npm', 'Node_Modules/x', 'a/node_modules/x', 'node_moduleſ/x'],
    ...['GIT~1/hooks/x', 'git~2', 'NODE_M~1/x', 'CRBUS~1/x', 'HEAD', 'sub/head'],
  ]
  const strange = [
    ...['.git./x', '.git /x', 'a./x', 'a /x', 'src\\x', '..\\x', 'a:b', 'a<b', 'a|b', 'a?b', 'a*b', 'a"b'],
    ...['a\nb', 'a\tb', 'a\u001bb', 'a\u0085b', 'a\u202eb', '.g\u200cit/x', '.\u00adgit/x', 'a\u2028b', 'a\ud800b'],
    ...['nul', 'NUL.txt', 'src/con', 'com1.ts', 'LPT9', 'com¹', 'conin$', 'aux.c/x', './a', 'a//b', 'a/'],
    'a'.repeat(256),
    'a/'.repeat(600),
  ]
  const all = [...outside, ...reserved, ...strange]

  test.each(all)('the path %j is refused in an edit', (file) => {
    const before = everything()
    for (const edit of [{ json: { a: 1 } }, { rust: 'pub mod order_line;' }, { list: 'a', item: 'b', from: 'c' }]) {
      expect(() => plan({ edits: [{ file, ...edit }] })).toThrow(/template\.json|the edit of/)
    }
    expect(everything().filter((path) => !path.startsWith('template'))).toEqual(before)
  })

  test.each(all)('the path %j is refused as the target of a file', (to) => {
    expect(() => plan({ files: { 'some.txt': { to } } }, { 'some.txt': '' })).toThrow(
      /template\.json|mistake in some\.txt/,
    )
  })

  test.each(['_git/hooks/pre-commit', '_GIT/x', 'sub/_git/x', '_crbus/bus.db', 'Node_Modules/x', 'GIT~1/x'])(
    'the path %j is refused as a file of the template',
    (path) => {
      expect(() => plan({}, { [path]: 'x' })).toThrow(`has a mistake in `)
    },
  )

  test.each([
    '.github/workflows/ci.yml',
    '.gitignore',
    '.gitattributes',
    'git/x',
    'src/.hidden',
    'head/x',
    'HEAD.md',
    'a b.txt',
    'größe.md',
    '日本.md',
  ])('the path %j is accepted', (to) => {
    expect(plan({ files: { 'some.txt': { to } } }, { 'some.txt': '' }).files.map(({ path }) => path)).toEqual([to])
  })

  test('a refused path is named with the reason', () => {
    expect(() => plan({ edits: [{ file: '.git/hooks/x', json: {} }] })).toThrow(
      `the template in ${folder}/template has a mistake in the edit of .git/hooks/x: '.git/hooks/x' has '.git', where templates must not write`,
    )
    expect(() => plan({ files: { a: { to: 'a\u200bb' } } }, { a: '' })).toThrow(
      'has U+200B, which not every system allows in file names',
    )
  })

  test('two files of a template cannot have paths that differ at most in case or normalization', () => {
    expect(() => plan({}, { 'README.md': '', 'readme.md': '' })).toThrow('two files of the template have this path')
    expect(() => plan({}, { 'ä.md': '', 'a\u0308.md': '' })).toThrow('two files of the template have this path')
  })

  test.each(['../out', '.git/hooks/x'])('an answer cannot turn a path into %j', (answer) => {
    const answering = (word: string) =>
      planScaffold({
        template: template({ words: { word: 'some-text' } }, { 'some-text': '' }),
        scope: { word },
        root,
        read: () => undefined,
        generated: { schema: () => '', 'command-schema': () => '' },
      })
    expect(answering('x').files.map(({ path }) => path)).toEqual(['x'])
    expect(() => answering(answer)).toThrow(/leads out of the service|has '.git', where/)
  })
})

describe('a link in the service', () => {
  const files = { 'src/stock.txt': 'new', 'other.txt': 'other' }
  const link = (to: string, path: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    symlinkSync(to, join(root, path))
  }

  test.each([
    ['of a file, to a file outside', '../../outside/secret', 'src/stock.txt'],
    ['of a folder, to a folder outside', '../outside', 'src'],
    ['of a file, to nothing', '../../outside/nothing', 'src/stock.txt'],
    ['of a folder, to nothing', '../nothing', 'src'],
    ['to itself', 'src', 'src'],
    ['to what templates do not write', '.git', 'src'],
    ['to a file of .git', '../.git/config', 'src/stock.txt'],
  ])('a link %s, is refused when a plan is made and when it is applied, with link and target', (_, to, path) => {
    const made = plan({}, files)
    link(to, path)
    const before = everything()
    const reason = `${path} is a link to ${to}, `

    expect(() => plan({}, files)).toThrow(reason)
    expect(() => applyScaffold(made, { force: true })).toThrow(reason)
    expect(everything()).toEqual(before)
    expect(readFileSync(join(folder, 'outside/secret'), 'utf8')).toBe('secret')
    expect(readFileSync(join(root, '.git/config'), 'utf8')).toBe('[core]')
  })

  test('a link to a folder of the service is followed', () => {
    mkdirSync(join(root, 'lib'))
    link('lib', 'src')
    applyScaffold(plan({}, files))
    expect(readFileSync(join(root, 'lib/stock.txt'), 'utf8')).toBe('new')
  })

  test('a link to the folder of the service itself is followed', () => {
    symlinkSync(root, join(folder, 'linked'))
    expect(readTarget(join(folder, 'linked'), '.gitignore')).toBeUndefined()
  })

  test.each([
    ['a folder', (path: string) => mkdirSync(path, { recursive: true })],
    ['a pipe', makePipe],
  ])('%s with the path of a file is refused', (_, make) => {
    const made = plan({}, files)
    make(join(root, 'other.txt'))
    expect(() => plan({}, files)).toThrow('other.txt is in the way: it is not a file')
    expect(() => applyScaffold(made)).toThrow('other.txt is in the way: it is not a file')
    expect(existsSync(join(root, 'src'))).toBe(false)
  })

  test('a file with the path of a folder is refused', () => {
    write('service/src', 'a file')
    expect(() => plan({}, files)).toThrow('src is in the way: it is not a folder')
  })
})

describe('a template', () => {
  test.each([
    ['a file of the tree', 'files/secret.txt', 'outside/secret'],
    ['a folder of the tree', 'files/secrets', 'outside'],
    ['the tree', 'files', 'outside'],
    ['the manifest', 'template.json', 'outside/secret'],
  ])('a template is refused when %s is a link', (_, path, to) => {
    template()
    rmSync(join(folder, 'template', path), { force: true })
    mkdirSync(dirname(join(folder, 'template', path)), { recursive: true })
    symlinkSync(join(folder, to), join(folder, 'template', path))
    expect(() => loadTemplate(join(folder, 'template'))).toThrow(
      new RegExp(`template/${path} (?:must be a (?:file|folder), but )?is a link to ${join(folder, to)}(?:;|$)`),
    )
  })

  test('a template is refused when it has a pipe, more than 2000 files, 32 levels of folders, 16 MiB or 1 MiB of text', () => {
    const load = () => loadTemplate(join(folder, 'template'))
    template({}, { a: '' })
    makePipe(join(folder, 'template/files/pipe'))
    expect(load).toThrow('files/pipe is neither a file nor a folder')
    template({}, Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [`${index}.txt`, ''])))
    write('template/files/one-more.txt', '')
    expect(load).toThrow('has more than 2000 files')
    template()
    write(`template/files/${'d/'.repeat(40)}x`, '')
    expect(load).toThrow('has more than 32 levels of folders')
    template()
    for (const name of ['a', 'b', 'c']) write(`template/files/${name}`, '\0'.repeat(6 * 1024 * 1024))
    expect(load).toThrow('has more than 16 MiB of files')
    template()
    write('template/files/a', 'order-line '.repeat(100_000))
    expect(load).toThrow('has more than 1 MiB of text')
  })

  test.each([
    ['a manifest of more than 1 MiB', { title: 'x'.repeat(1024 * 1024) }, 'is larger than 1 MiB'],
    [
      'words by the hundred',
      { words: Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`a${at}`, 'a-b'])) },
      'words: there are more than 100',
    ],
    [
      'edits by the hundred',
      { edits: Array.from({ length: 201 }, () => ({ file: 'a', rust: 'b' })) },
      'edits: there are more than 200',
    ],
    [
      'questions by the dozen',
      { questions: Array.from({ length: 51 }, () => ({})) },
      'questions: there are more than 50',
    ],
    [
      'an endless default',
      { questions: [{ name: 'a', ask: 'a', default: 'x'.repeat(201) }] },
      'default: the text is longer than 200 characters',
    ],
    ['a title that moves the cursor', { title: 'a\u001b[2J' }, 'title: the text contains control characters'],
    [
      'a question that reads backwards',
      { questions: [{ name: 'a', ask: '\u202ea', default: 'x' }] },
      'ask: the text contains control characters',
    ],
    ['a path that does', { files: { 'a\u001b': {} } }, 'files: the text contains control characters'],
  ])('a template is refused with %s', (_, more, reason) => {
    expect(() => template(more)).toThrow(reason)
  })

  test.each([
    ['template.json', `{"crbus_template": 1, "json": ${'['.repeat(200_000)}`],
    ['files/deep.json', `${'['.repeat(200_000)}${']'.repeat(200_000)}`],
    ['files/deep.json', `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`],
  ])('a template is refused when %s is nested by the thousand', (path, text) => {
    template()
    write(`template/${path}`, text)
    expect(() =>
      planScaffold({
        template: loadTemplate(join(folder, 'template')),
        scope: { name: { words: ['stock'] } },
        root,
        read: () => undefined,
        generated: { schema: () => '', 'command-schema': () => '' },
      }),
    ).toThrow('nested more than 100 levels deep')
  })

  test('nested lists of a template are written in linear time', () => {
    const text = `${'['.repeat(90)}1${']'.repeat(90)}`
    const [made] = plan({}, { 'a.json': text }).files
    expect(JSON.parse(String(made?.after))).toEqual(JSON.parse(text))
  })

  test('a template keeps the keys __proto__ and constructor unchanged', () => {
    const json = '{"__proto__":{"a":1},"constructor":{"b":2}}'
    const more = `{"json":{"a.json":${json.replace('"a":1', '"c":3')}}}`
    const [made] = plan(JSON.parse(more), { 'a.json': json }).files
    const read = JSON.parse(String(made?.after))
    expect(Object.getOwnPropertyDescriptor(read, '__proto__')?.value).toEqual({ a: 1, c: 3 })
    expect(({} as { c?: number }).c).toBeUndefined()
  })

  test.each(['constructor', '__proto__', 'toString', 'name.constructor'])(
    'a template cannot name %s of the runtime',
    (path) => {
      expect(() => plan({}, { a: `// crbus:as ${path}\nx\n// crbus:end\n` })).toThrow(/unknown name|is not a text/)
    },
  )

  test('the error of a template names the edit or the word with the mistake', () => {
    expect(() => plan({ edits: [{ file: 'a.json', json: { a: '$nothing' } }] })).toThrow(
      "has a mistake in the edit of a.json: unknown name 'nothing'",
    )
  })
})

describe('regions', () => {
  const scope = { all: Array.from({ length: 20 }, () => 'x') }
  const render = (text: string) => renderText(text, scope, new Map())

  // Renders up to the limit of 200,000 repetitions.
  test('regions that multiply are stopped, whether or not they write anything', { timeout: 60_000 }, () => {
    const nested = (line: string) =>
      `${Array.from({ length: 9 }, (_, at) => `// crbus:each a${at} of all\n`).join('')}${line}${'// crbus:end\n'.repeat(9)}`
    expect(() => render(nested('x\n'))).toThrow('repeated more than 200000 times')
    expect(() => render(nested(''))).toThrow('repeated more than 200000 times')
  })

  test('thousands of nested regions are refused', () => {
    expect(() => render('// crbus:here\n'.repeat(100_000))).toThrow('regions are nested more than 32 deep')
  })

  test('regions are read in linear time, whatever a line contains', () => {
    const blanks = ' '.repeat(500_000)
    expect(() => render(`// crbus:x${blanks}y`)).toThrow('longer than 2000 characters')
    expect(render(`crbus: ${blanks}y`)).toBe(`crbus: ${blanks}y`)
    expect(() => render(`<!--${blanks}crbus:if x -->`)).toThrow('longer than 2000 characters')
    expect(render(`// crbus${blanks}:x`)).toBe(`// crbus${blanks}:x`)
  })

  test('regions cannot produce an endless text', () => {
    const text = `// crbus:put z is long\n${'z '.repeat(500_000)}`
    expect(() => renderText(text, { long: 'x'.repeat(200) }, new Map())).toThrow('the output is longer than')
  })
})
