import { delimiter, dirname } from 'node:path'
import { createInterface } from 'node:readline'
import type { Writable } from 'node:stream'
import { write } from '../../ui/text/io.ts'
import { withoutSecrets } from '../config/security/secrets/secret-variables.ts'

interface ToolRun {
  readonly cwd: string
  /** Receives the output of the tool. Must not be stdout, which carries only the result of the command. */
  readonly output: Writable
  readonly signal: AbortSignal
}

/**
 * Runs a command line of a project's tool, such as `npm test`. Returns why it failed, or `undefined`. The folder of the Node
 * binary that runs crbus comes first in the tool's PATH, because the user's default Node may be too old.
 */
export async function runTool(command: string, { cwd, output, signal }: ToolRun): Promise<string | undefined> {
  const { execa } = await import('execa')
  const [file = '', ...args] = command.split(' ')
  const running = execa(file, args, {
    cwd,
    stdin: 'ignore',
    all: true,
    buffer: false,
    reject: false,
    cancelSignal: signal,
    env: { ...withoutSecrets(process.env), PATH: [dirname(process.execPath), process.env.PATH].join(delimiter) },
    extendEnv: false,
  })
  // The scripts of a project that was created from a template may print anything, so `write` escapes their control characters, except for colors.
  for await (const line of createInterface({ input: running.all, crlfDelay: Number.POSITIVE_INFINITY })) {
    await write(output, `${line}\n`, signal, { color: true })
  }
  const { failed, exitCode, code } = await running
  if (!failed) return undefined
  return code === 'ENOENT'
    ? `${file} is not installed`
    : `it ended with ${exitCode === undefined ? (code ?? 'a signal') : `exit code ${exitCode}`}`
}
