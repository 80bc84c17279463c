import { execaSync } from 'execa'
import { expect, test } from 'vitest'
import { formatJson } from '../../../src/scaffold/layout/json-text.ts'

const root = new URL('../../..', import.meta.url).pathname

test('formatJson prints lists of all lengths as Biome does with the settings of a generated service', () => {
  // Around the width of a line, with and without a comma after the list, and with names of several lengths.
  const lists = Array.from({ length: 130 }, (_, length) => ['list', 'x'.repeat(length)])
  const printed = `${formatJson({
    named: Object.fromEntries(lists.map((list, at) => [`name-${at}`, list])),
    nested: lists,
    last: lists.map((list) => ({ first: [], last: list })),
  })}\n`
  const { stdout } = execaSync(
    'biome',
    ['format', '--stdin-file-path=a.json', `--config-path=${root}templates/service-ts/files/biome.service.json`],
    { cwd: root, input: printed, preferLocal: true, stripFinalNewline: false },
  )
  expect(stdout).toBe(printed)
})
