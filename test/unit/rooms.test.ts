import { globSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'

/** Which room may import which. What is not here is a closed door. */
const doors: Readonly<Record<string, readonly string[]>> = {
  bus: [],
  // A refusal to write is an error of the bus, with its exit code.
  files: ['bus'],
  // What both the bus and the store in one file rest on. A fault has hints.
  sqlite: ['bus', 'files'],
  codecs: ['bus'],
  rust: [],
  schema: ['bus', 'codecs', 'rust'],
  // The envelope and the acknowledgement rule are written once for all drivers, hence codecs.
  drivers: ['bus', 'codecs', 'files', 'sqlite'],
  store: ['bus', 'codecs', 'files', 'sqlite'],
  // Actions of Rust services are read and written by their schema.
  'event-index': ['bus', 'codecs', 'files', 'sqlite'],
  saga: ['bus', 'codecs', 'schema', 'store'],
  testing: ['bus', 'codecs', 'drivers', 'operations', 'saga', 'store'],
  otel: ['bus', 'codecs', 'saga'],
  operations: ['bus', 'codecs', 'event-index', 'files', 'schema', 'store', 'saga'],
  scaffold: ['bus', 'codecs', 'files', 'rust', 'schema'],
  // The lock is SQLite's. Checks of servers come from the command, so that drivers and stores stay unknown.
  local: ['bus', 'files', 'sqlite'],
  // A service: it knows crbus by its name and nothing of its inside.
  demo: [],
  ui: ['bus', 'codecs', 'local', 'operations'],
  // What all `crbus new` have in common: questions, plans, npm and cargo. It has the commands and flags for every hint.
  cli: ['bus', 'drivers', 'event-index', 'files', 'local', 'operations', 'scaffold', 'schema', 'store', 'ui'],
  commands: ['bus', 'cli', 'demo', 'local', 'operations', 'scaffold', 'ui'],
  'index.ts': ['bus', 'codecs', 'schema', 'drivers', 'store', 'saga', 'operations', 'scaffold'],
  'testing.ts': ['testing'],
  'otel.ts': ['otel'],
}

/** Who may name a package, a Node module or a global. What is not here anybody may. */
const keepers: Readonly<Record<string, readonly string[]>> = {
  kafkajs: ['drivers/kafka'],
  'node:sqlite': ['sqlite', 'drivers/embedded', 'event-index', 'store/sqlite'],
  pg: ['store/postgres'],
  '@opentelemetry/api': ['otel'],
  'cbor-x': ['codecs'],
  '@lezer/rust': ['rust'],
  '@marcbachmann/cel-js': ['operations'],
  re2js: ['operations'],
  '@faker-js/faker': ['schema', 'operations'],
  '@oclif/core': ['cli', 'commands'],
  ink: ['ui/live'],
  react: ['ui/live'],
  'string-width': ['ui/live'],
  'get-east-asian-width': ['ui'],
  chalk: ['ui'],
  diff: ['ui'],
  '@clack/prompts': ['cli'],
  '@lezer/javascript': ['scaffold'],
  'jsonc-parser': ['cli/profiles', 'scaffold'],
  execa: ['cli', 'local'],
  'js-yaml': ['cli/profiles'],
  // Built-in modules that are loaded when they are needed and at once; of SQLite, without the warning that Node 22 prints.
  'node:process': ['cli', 'local', 'sqlite', 'drivers/kafka'],
  process: ['cli'],
  console: ['cli'],
}

/** The command `crbus index`, which oclif finds by this path. */
const INDEX_COMMAND = 'commands/index/index.ts'

/** Folders that only their own files import while loading; others wait until they need them: `await import()`. */
const lazy = ['ui/live']

/** Folders whose neighbours know nothing of them: one driver, one store. */
const apart = ['drivers/memory', 'drivers/embedded', 'drivers/kafka', 'store/sqlite', 'store/postgres']

/** The one file that picks among neighbours, each loaded when it is picked. */
const pickers = ['store/open.ts']

interface Source {
  /** From `src`, with forward slashes. */
  readonly path: string
  readonly text: string
}

interface Mention {
  readonly name: string
  readonly isType: boolean
  readonly isLazy: boolean
}

const parsed = new WeakMap<Source, readonly Mention[]>()

/** Every way of naming another module, and the globals that have a keeper. Parses each source once. */
function mentionsIn(source: Source): readonly Mention[] {
  const known = parsed.get(source) ?? parseMentions(source)
  parsed.set(source, known)
  return known
}

function parseMentions({ path, text }: Source): Mention[] {
  const mentions: Mention[] = []
  const add = (node: ts.Node | undefined, isType: boolean, isLazy = false) => {
    if (node && ts.isStringLiteralLike(node)) mentions.push({ name: node.text, isType, isLazy })
  }
  const kind = path.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, kind)
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isTypeOnly(node.importClause))
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly)
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, true)
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], false, true)
    } else if (ts.isCallExpression(node) && node.expression.getText() === 'require') add(node.arguments[0], false)
    else if (ts.isIdentifier(node) && isGlobal(node)) mentions.push({ name: node.text, isType: false, isLazy: false })
    ts.forEachChild(node, visit)
  }
  visit(file)
  return mentions
}

const isTypeOnly = (clause: ts.ImportClause | undefined): boolean =>
  clause !== undefined &&
  (clause.phaseModifier === ts.SyntaxKind.TypeKeyword ||
    (clause.name === undefined &&
      clause.namedBindings !== undefined &&
      ts.isNamedImports(clause.namedBindings) &&
      clause.namedBindings.elements.length > 0 &&
      clause.namedBindings.elements.every((element) => element.isTypeOnly)))

/** `process.env`, `const { env } = process` and `globalThis.process`; not a member or a field of that name. */
function isGlobal(node: ts.Identifier): boolean {
  if (node.text !== 'process' && node.text !== 'console') return false
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) return parent.expression.getText() === 'globalThis'
  const isName = 'name' in parent && parent.name === node
  return !isName && !ts.isTypeNode(parent)
}

const isUnder = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`)

function closedDoors(sources: readonly Source[]): string[] {
  return sources.flatMap((source) => {
    const { path } = source
    const room = path.split('/')[0] as string
    const open = doors[room]
    if (open === undefined) return [`${path}: there is no room '${room}'`]
    if (posix.basename(path) === 'index.ts' && !['index.ts', INDEX_COMMAND].includes(path))
      return [`${path}: the only barrel is src/index.ts`]
    return mentionsIn(source).flatMap((mention) => {
      const why = mention.name.startsWith('.') ? whyClosed(path, room, open, mention) : whyNotKept(path, mention)
      return why === undefined ? [] : [`${path}: ${mention.name}: ${why}`]
    })
  })
}

function whyClosed(path: string, room: string, open: readonly string[], mention: Mention): string | undefined {
  const target = posix.join(posix.dirname(path), mention.name)
  const targetRoom = target.split('/')[0] as string
  if (targetRoom === '..') return 'is outside src'
  if (!mention.isLazy && lazy.some((folder) => isUnder(target, folder) && !isUnder(path, folder))) {
    if (!mention.isType) return 'is imported only when it is needed: await import()'
  }
  const own = apart.find((folder) => isUnder(target, folder))
  const picks = pickers.includes(path) && mention.isLazy
  if (own !== undefined && room === own.split('/')[0] && !isUnder(path, own) && !picks) return `is ${own}'s own`
  if (targetRoom === room) return undefined
  if (!open.includes(targetRoom)) return `${room} may not import ${targetRoom}`
  if (room === 'ui' && targetRoom === 'operations' && !mention.isType) return 'ui may import only types of operations'
  return undefined
}

function whyNotKept(path: string, { name }: Mention): string | undefined {
  const [kept, folders] = Object.entries(keepers).find(([keeper]) => isUnder(name, keeper)) ?? []
  if (kept === undefined || folders?.some((folder) => isUnder(path, folder))) return undefined
  return `only ${folders?.join(' and ')} may name ${kept}`
}

/** Groups of files that import each other, in a circle or through several; types count as well. */
function importCycles(sources: readonly Source[]): string[] {
  const imports = new Map(
    sources.map((source) => {
      const relative = mentionsIn(source).filter(({ name }) => name.startsWith('.'))
      return [source.path, relative.map(({ name }) => posix.join(posix.dirname(source.path), name))]
    }),
  )
  // Tarjan's algorithm: a file that can reach an earlier file on the stack belongs to that file's cycle.
  const order = new Map<string, number>()
  const stack: string[] = []
  const cycles: string[] = []
  const visit = (path: string): number => {
    const own = order.size
    order.set(path, own)
    stack.push(path)
    let lowest = own
    for (const next of imports.get(path) ?? []) {
      if (!imports.has(next)) continue
      if (!order.has(next)) lowest = Math.min(lowest, visit(next))
      else if (stack.includes(next)) lowest = Math.min(lowest, order.get(next) ?? own)
    }
    if (lowest === own) {
      const members = stack.splice(stack.indexOf(path))
      if (members.length > 1) cycles.push(members.sort().join(' '))
    }
    return lowest
  }
  for (const path of imports.keys()) if (!order.has(path)) visit(path)
  return cycles
}

const MAX_LINES = 400
const MAX_FILES = 15

/** Folders that may have more files: one for each command, and one for each part of the screen. */
const large = ['commands', 'ui/live']

const longFiles = (sources: readonly Source[]): string[] =>
  sources
    .map(({ path, text }) => ({ path, lines: text.trimEnd().split('\n').length }))
    .filter(({ lines }) => lines > MAX_LINES)
    .map(({ path, lines }) => `${path} has ${lines} lines`)

function fullFolders(sources: readonly Source[]): string[] {
  const counts = new Map<string, number>()
  for (const { path } of sources) {
    const folder = posix.dirname(path)
    counts.set(folder, (counts.get(folder) ?? 0) + 1)
  }
  return [...counts]
    .filter(([folder, count]) => count > MAX_FILES && !large.some((other) => isUnder(folder, other)))
    .map(([folder, count]) => `${folder} has ${count} files`)
}

const src = fileURLToPath(new URL('../../src', import.meta.url))
const house = globSync('**/*.{ts,tsx}', { cwd: src }).map(
  (path): Source => ({ path: path.replaceAll('\\', '/'), text: readFileSync(posix.join(src, path), 'utf8') }),
)

// Parses all sources.
test('every import goes through an open door', { timeout: 60_000 }, () => {
  expect(house.length).toBeGreaterThan(20)
  expect(closedDoors(house)).toEqual([])
})

test('no files import each other, directly or through others', () => {
  expect(importCycles(house)).toEqual([])
})

test(`no file has more than ${MAX_LINES} lines`, () => {
  expect(longFiles(house)).toEqual([])
})

test(`no folder has more than ${MAX_FILES} files`, () => {
  expect(fullFolders(house)).toEqual([])
})

test('generated files say so in their first line', () => {
  const generated = house.filter(({ path }) => path.startsWith('demo/'))
  expect(generated.length).toBeGreaterThan(10)
  expect(generated.filter(({ text }) => !/^\/\/ Generated/.test(text)).map(({ path }) => path)).toEqual([])
})

test('the table in src/README.md has the same doors and packages', () => {
  const map = readFileSync(posix.join(src, 'README.md'), 'utf8')
  const section = map.slice(map.indexOf('## Doors'), map.indexOf('## Walks'))
  const rows = [...section.matchAll(/^\| `(.+?)` +\|(.*?)\|(.*)\|$/gm)].map(([, room = '', open = '', keeps = '']) => {
    return { room, open: open.trim().split(', '), keeps }
  })
  const rooms = Object.keys(doors).filter((room) => !room.endsWith('.ts'))

  for (const room of rooms) {
    const written = rows.find((row) => row.room === room)?.open.filter((other) => rooms.includes(other))
    expect(written?.sort(), room).toEqual([...(doors[room] ?? [])].sort())
  }
  for (const [kept, folders] of Object.entries(keepers).filter(([kept]) => kept !== 'node:process')) {
    const keeping = rows.filter(({ room }) => folders.some((folder) => isUnder(folder, room)))
    expect(keeping.map(({ keeps }) => keeps).join(), kept).toContain(kept)
  }
})

describe('a closed door is seen', () => {
  test.each([
    ['an import upwards', 'bus/a.ts', `import { b } from '../codecs/b.ts'`],
    ['a type import upwards', 'operations/a.ts', `import type { B } from '../commands/b.ts'`],
    ['commands that reach past operations', 'commands/topics/a.ts', `import { B } from '../../drivers/kafka/b.ts'`],
    ['a lazy import', 'operations/a.ts', `const b = await import('../drivers/kafka/b.ts')`],
    ['a type named in place', 'codecs/a.ts', `let b: import('../drivers/b.ts').B`],
    ['a re-export', 'index.ts', `export { b } from './ui/b.ts'`],
    ['a re-export of everything', 'index.ts', `export * from './cli/b.ts'`],
    ['an import for its effects', 'bus/a.ts', `import '../ui/b.ts'`],
    ['a way out of src', 'cli/a.ts', `import { b } from '../b.ts'`],
    ['a room nobody planned', 'utils/a.ts', ''],
    ['a barrel', 'bus/index.ts', `export * from './a.ts'`],
    ['one driver in another', 'drivers/kafka/a.ts', `import { b } from '../memory/b.ts'`],
    ['a driver in what all share', 'drivers/event-bus.ts', `import { b } from './memory/b.ts'`],
    ['one store in another', 'store/postgres/a.ts', `import { b } from '../sqlite/b.ts'`],
    ['a store in what all share', 'store/a.ts', `const b = await import('./sqlite/b.ts')`],
    ['a store before it is picked', 'store/open.ts', `import { b } from './sqlite/b.ts'`],
    ['the bus in a store', 'store/a.ts', `import type { B } from '../drivers/event-bus.ts'`],
    ['a store in a command', 'commands/a.ts', `import { open } from '../store/open.ts'`],
    ['a value of an operation in ui', 'ui/a.ts', `import { type T, tail } from '../operations/tail.ts'`],
    ['the live screen before it is needed', 'commands/a.ts', `import { b } from '../ui/live/b.tsx'`],
    ['a kept package', 'operations/a.ts', `import { Kafka } from 'kafkajs'`],
    ['its inside', 'drivers/embedded/a.ts', `import cluster from 'kafkajs/src/cluster/index.js'`],
    ['its types', 'bus/a.ts', `import type { Kafka } from 'kafkajs'`],
    ['SQLite in the other store', 'store/postgres/a.ts', `import type { DatabaseSync } from 'node:sqlite'`],
    ['SQLite', 'drivers/kafka/a.ts', `import { DatabaseSync } from 'node:sqlite'`],
    ['Postgres', 'operations/a.ts', `const pg = await import('pg')`],
    ['CBOR', 'operations/a.ts', `import { decode } from 'cbor-x'`],
    ['oclif', 'operations/a.ts', `import { Flags } from '@oclif/core'`],
    ['ink', 'cli/a.ts', `const { render } = await import('ink')`],
    ['ink beside the live screen', 'ui/a.tsx', `import { Text } from 'ink'`],
    ['chalk', 'commands/a.ts', `import { Chalk } from 'chalk'`],
    ['execa', 'operations/a.ts', `import { execa } from 'execa'`],
    ['the process', 'drivers/a.ts', 'const { env } = process'],
    ['the process, spelled out', 'drivers/a.ts', 'const { env } = globalThis.process'],
    ['the process as a module', 'drivers/a.ts', `import { env } from 'node:process'`],
    ['the console', 'operations/a.ts', `console.log('here')`],
    ['require', 'operations/a.ts', `const { Kafka } = require('kafkajs')`],
  ])('a closed door is found: %s', (_, path, text) => {
    expect(closedDoors([{ path, text }])).toHaveLength(1)
  })

  test.each([
    ['a neighbour', 'drivers/kafka/a.ts', `import { b } from './b.ts'`],
    ['what all drivers share', 'drivers/kafka/a.ts', `import { b } from '../event-bus.ts'`],
    ['a door', 'commands/topics/a.ts', `import { b } from '../../operations/b.ts'`],
    ['a store that is picked', 'store/open.ts', `const b = await import('./sqlite/b.ts')`],
    ['what all stores share', 'store/postgres/a.ts', `import { b } from '../layout.ts'`],
    ['the interface of the store', 'saga/a.ts', `import type { EventStore } from '../store/event-store.ts'`],
    ['a type of an operation in ui', 'ui/a.ts', `import type { View } from '../operations/event-view.ts'`],
    ['the live screen when it is needed', 'commands/a.ts', `const live = await import('../ui/live/b.tsx')`],
    ['a package whose name begins like a kept one', 'operations/a.ts', `import { b } from 'pg-like'`],
    ['a member called process', 'operations/a.ts', 'declare const a: { process(): void }; a.process()'],
    ['a comment', 'operations/a.ts', `// import { Kafka } from 'kafkajs'; console.log(process)`],
    ['a text', 'scaffold/a.ts', `export const file = "import { Kafka } from 'kafkajs'"`],
  ])('an open door is accepted: %s', (_, path, text) => {
    expect(closedDoors([{ path, text }])).toEqual([])
  })
})

describe('a cycle of imports is found', () => {
  const file = (path: string, ...imports: string[]): Source => ({
    path,
    text: imports.map((name) => `import { x } from '${name}'`).join('\n'),
  })

  test('a cycle between two files is found', () => {
    expect(importCycles([file('bus/a.ts', './b.ts'), file('bus/b.ts', './a.ts')])).toEqual(['bus/a.ts bus/b.ts'])
  })

  test('a cycle through a third file, in other folders, is found', () => {
    const sources = [
      file('a/a.ts', '../b/b.ts'),
      file('b/b.ts', '../c/c.ts'),
      file('c/c.ts', '../a/a.ts'),
      file('d.ts', './a/a.ts'),
    ]
    expect(importCycles(sources)).toEqual(['a/a.ts b/b.ts c/c.ts'])
  })

  test('a cycle of type imports alone is found', () => {
    const b = { path: 'bus/b.ts', text: `import type { A } from './a.ts'` }
    expect(importCycles([file('bus/a.ts', './b.ts'), b])).toHaveLength(1)
  })

  test('a file that two others import is not a cycle', () => {
    expect(importCycles([file('a.ts', './b.ts', './c.ts'), file('b.ts', './c.ts'), file('c.ts')])).toEqual([])
  })
})

test('a long file and a full folder are found', () => {
  const lines = (count: number) => 'x\n'.repeat(count)
  expect(longFiles([{ path: 'a.ts', text: lines(400) }])).toEqual([])
  expect(longFiles([{ path: 'a.ts', text: lines(401) }])).toEqual(['a.ts has 401 lines'])
  const files = (count: number) => Array.from({ length: count }, (_, index) => ({ path: `bus/${index}.ts`, text: '' }))
  expect(fullFolders(files(15))).toEqual([])
  expect(fullFolders(files(16))).toEqual(['bus has 16 files'])
})
