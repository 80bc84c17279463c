import { globSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { commandFiles } from '../support/command-files.ts'
import { commandWords, textsOf } from '../support/command-words.ts'

const root = new URL('../..', import.meta.url).pathname
const commands = [...commandFiles(':').keys()]

/** The rooms of the command line. `demo` is generated from templates. */
const ofCommandLine = ['cli', 'commands', 'ui', 'demo']

/** Flags and commands that the rooms of the library may contain, each a part of the text. */
const legitimate: readonly (readonly [file: string, text: string])[] = [
  // Flags of git.
  ['operations/schemas/source.ts', '--show-prefix'],
  ['operations/schemas/source.ts', '--name-only'],
  ['operations/schemas/source.ts', '--full-tree'],
  // Flags of Redpanda, Docker and Postgres.
  ...['--mode', '--kafka-addr', '--advertise-kafka-addr', '--exit-when-healthy', '--volumes', '--tail'].map(
    (flag) => ['local/servers/compose.ts', flag] as const,
  ),
  ...['--smp', '--memory', '--no-color', '--no-log-prefix'].map((flag) => ['local/servers/compose.ts', flag] as const),
  ...['--version', '--pwfile=', '--auth=', '--encoding=', '--no-locale', '--single'].map(
    (flag) => ['local/servers/postgres.ts', flag] as const,
  ),
  // The name of a lock in Postgres. Another name would not exclude earlier releases.
  ['store/postgres/layout.ts', "hashtext('crbus store init')"],
]

// Parses all sources.
test('texts outside the command line name no flag and no command of crbus', { timeout: 60_000 }, () => {
  const files = globSync('**/*.{ts,tsx}', { cwd: `${root}src` })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => !ofCommandLine.some((room) => path.startsWith(`${room}/`)))
  const texts = files.flatMap((path) => textsOf(path, readFileSync(`${root}src/${path}`, 'utf8')))
  expect(texts.length).toBeGreaterThan(5000)
  const unexpected = texts.filter(
    ({ at, text }) => !legitimate.some(([file, part]) => at.startsWith(`${file}:`) && text.includes(part)),
  )
  expect(commandWords(unexpected, commands)).toEqual([])
  const unused = legitimate.filter(
    ([file, part]) => !texts.some(({ at, text }) => at.startsWith(`${file}:`) && text.includes(part)),
  )
  expect(unused).toEqual([])
})

describe('commandWords', () => {
  test.each([
    ['a flag', "const a = 'use --brokers'", '--brokers'],
    ['a flag with a computed name', `const a = \`--\${name}\``, '--'],
    ['a flag at the end of a template', `const a = \`\${what}; set --key\``, '--key'],
    ['a command', 'const a = \'run "crbus topics list"\'', 'crbus topics list'],
    ['a command with a computed argument', `const a = \`crbus reset undo \${file}\``, 'crbus reset undo '],
  ])('finds %s', (_, source, found) => {
    expect(commandWords(textsOf('a.ts', source), commands)).toEqual([expect.stringContaining(`a.ts:1: ${found}:`)])
  })

  test.each([
    ["// crbus tail --brokers\nconst a = 'a newer crbus'"],
    ['const a = b--c'],
    ["const a = 'DELETE FROM a -- all of them'"],
    ['const a = /--brokers/'],
    ["const a = '-----BEGIN CERTIFICATE-----'"],
  ])('finds nothing in %j', (source) => {
    expect(commandWords(textsOf('a.ts', source), commands)).toEqual([])
  })
})
