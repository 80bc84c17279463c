import { delimiter, dirname } from 'node:path'
import { createInterface } from 'node:readline'
import type { Writable } from 'node:stream'
import { write } from '../../ui/text/io.ts'

interface ToolRun {
  readonly cwd: string
  /** Where what it says goes. It is not the answer, so not to stdout. */
  readonly output: Writable
  readonly signal: AbortSignal
}

/**
 * Runs a tool of the project, such as npm or cargo, with the Node that runs crbus: the one on the path may be too old for
 * either. Answers with why it did not end well, if so.
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
    env: { PATH: [dirname(process.execPath), process.env.PATH].join(delimiter) },
  })
  // A template decides what its scripts print, which is therefore written like any other text from outside.
  for await (const line of createInterface({ input: running.all, crlfDelay: Number.POSITIVE_INFINITY })) {
    await write(output, `${line}\n`, signal, { color: true })
  }
  const { failed, exitCode, code } = await running
  if (!failed) return undefined
  return code === 'ENOENT' ? `there is no ${file} here` : `it ended with ${exitCode ?? code ?? 'a signal'}`
}
