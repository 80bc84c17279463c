import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { commandWords, textsOf } from '../support/command-words.ts'
import { installPacked } from '../support/packed.ts'

/** The name of a lock in Postgres. Another name would not exclude earlier releases. */
const LOCK = "SELECT pg_advisory_xact_lock(hashtext('crbus store init'))"

/** kafkajs imports its package.json for its version, so the scripts in that file are in the bundle. They are never shown. */
const kafkajs = readFileSync(new URL('../../node_modules/kafkajs/package.json', import.meta.url), 'utf8')

/** Returns the files that a file imports, also when it is used: chunks of the same build. */
function importsOf(path: string, source: string): string[] {
  const { importedFiles } = ts.preProcessFile(source, true, true)
  return importedFiles
    .map(({ fileName }) => fileName)
    .filter((name) => name.startsWith('.'))
    .map((name) => join(dirname(path), name))
}

test('the texts of the library name no flag and no command of crbus', async () => {
  const { folder } = await installPacked()
  const root = join(folder, 'node_modules/crbus')
  const json = (name: string) => JSON.parse(readFileSync(join(root, name), 'utf8'))
  const { exports } = json('package.json') as { exports: Record<string, string | { default: string }> }
  const { commands } = json('oclif.manifest.json') as { commands: Record<string, unknown> }
  const open = Object.values(exports).flatMap((door) => (typeof door === 'string' ? [] : [join(root, door.default)]))
  expect(open.length).toBeGreaterThanOrEqual(3)

  const files = new Map<string, string>()
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (files.has(path)) continue
    const source = readFileSync(path, 'utf8')
    files.set(path, source)
    open.push(...importsOf(path, source))
  }
  const texts = [...files].flatMap(([path, source]) => textsOf(path.slice(root.length + 1), source))

  expect(files.size).toBeGreaterThan(10)
  expect(texts.some(({ text }) => text.includes('list the topics of the bus'))).toBe(true)
  expect(Object.keys(commands)).toContain('topics:list')
  const legitimate = new Set([LOCK, ...textsOf('package.json', `(${kafkajs})`).map(({ text }) => text)])
  const shown = texts.filter(({ text }) => !legitimate.has(text))
  expect(commandWords(shown, Object.keys(commands))).toEqual([])
})
