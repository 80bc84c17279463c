import { mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, expect, test } from 'vitest'
import { runTool } from '../../../src/cli/process/run-tool.ts'

const path = process.env.PATH
afterEach(() => {
  process.env.PATH = path
})

async function run(command: string) {
  const output = new PassThrough()
  const failed = await runTool(command, { cwd: tmpdir(), output, signal: new AbortController().signal })
  return { failed, said: String(output.read() ?? '') }
}

test('runs a tool with the Node that runs crbus, even if PATH has another one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'crbus-tool-'))
  symlinkSync('/bin/false', join(folder, 'node'))
  writeFileSync(join(folder, 'tool'), '#!/usr/bin/env node\nconsole.log(process.version)', { mode: 0o755 })
  process.env.PATH = `${folder}:${path}`

  expect(await run('tool')).toEqual({ failed: undefined, said: `${process.version}\n` })
})

test.each([
  ['node -e process.exit(7)', 'it ended with exit code 7'],
  ['no-such-tool', 'no-such-tool is not installed'],
])('reports why %s failed: %s', async (command, reason) => {
  expect((await run(command)).failed).toBe(reason)
})

test('prints the output of a tool with its colors and without harmful control characters', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'crbus-tool-'))
  const text = '\\u001b[32mok\\u001b[39m\\u001b]0;title\\u0007\\u202e\\r\\nlast'
  writeFileSync(join(folder, 'tool'), `#!/usr/bin/env node\nprocess.stdout.write("${text}")`, { mode: 0o755 })
  process.env.PATH = `${folder}:${path}`

  const { said } = await run('tool')

  expect(said).toBe('\u001b[32mok\u001b[39m\\u001b]0;title\\u0007\\u202e\nlast\n')
})
