import { mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, expect, test } from 'vitest'
import { runTool } from '../../../src/cli/run-tool.ts'

const path = process.env.PATH
afterEach(() => {
  process.env.PATH = path
})

async function run(command: string) {
  const output = new PassThrough()
  const failed = await runTool(command, { cwd: tmpdir(), output, signal: new AbortController().signal })
  return { failed, said: String(output.read() ?? '') }
}

test('a tool has the Node that runs crbus, whatever the path has', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'crbus-tool-'))
  symlinkSync('/bin/false', join(folder, 'node'))
  writeFileSync(join(folder, 'tool'), '#!/usr/bin/env node\nconsole.log(process.version)', { mode: 0o755 })
  process.env.PATH = `${folder}:${path}`

  expect(await run('tool')).toEqual({ failed: undefined, said: `${process.version}\n` })
})

test.each([
  ['node -e process.exit(7)', 'it ended with 7'],
  ['no-such-tool', 'there is no no-such-tool here'],
])('%s: %s', async (command, reason) => {
  expect((await run(command)).failed).toBe(reason)
})
