import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const root = new URL('../../../..', import.meta.url).pathname

interface CommandClass {
  readonly flags: Readonly<Record<string, { readonly char?: string }>>
  readonly baseFlags: CommandClass['flags']
}

/** Reads the table of letters in the documentation, by letter. */
function documentedLetters(): Map<string, string> {
  const text = readFileSync(`${root}src/cli/README.md`, 'utf8')
  const rows = [...text.matchAll(/^\| `-(\w)` +\| `--([\w-]+)` +\|/gm)]
  return new Map(rows.map(([, letter = '', name = '']) => [letter, name]))
}

// Imports all commands.
test('a letter of a flag stands for the same flag in all commands, as documented', {
  timeout: 60_000,
}, async () => {
  const documented = documentedLetters()
  expect(documented.size).toBeGreaterThan(15)
  const files = globSync('src/commands/**/*.ts', { cwd: root })
  const used = new Map<string, Set<string>>()
  for (const file of files) {
    const { default: command } = (await import(`${root}${file}`)) as {
      readonly default: CommandClass
    }
    for (const [name, { char }] of Object.entries({
      ...command.baseFlags,
      ...command.flags,
    })) {
      if (char !== undefined) used.set(char, (used.get(char) ?? new Set()).add(name))
    }
  }
  for (const [letter, names] of used) expect([...names], `-${letter}`).toEqual([documented.get(letter)])
})
