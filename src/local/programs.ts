import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { EventBusError, withLines } from '../bus/errors.ts'
import type { Local } from './model.ts'

/** Returns the paths of a program in the folders of PATH. */
export function programsOnPath({ env }: Pick<Local, 'env'>, name: string): string[] {
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  return programsIn(folders, name)
}

/** Returns the programs of this name in some folders. */
export const programsIn = (folders: readonly string[], name: string): string[] =>
  folders.map((folder) => join(folder, name)).filter(isProgram)

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    // It does not exist, or it is not a program that this user may run.
    return false
  }
}

interface Run {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
  readonly signal?: AbortSignal
  /** Milliseconds until the program is ended. Default: it may take any time. */
  readonly timeout?: number
  /** Receives each line of the output. */
  readonly onLine?: (line: string) => void
}

interface Ran {
  readonly ok: boolean
  /** The output of the program on both streams. */
  readonly output: string
}

/** Runs a program to its end. Does not throw if it fails. */
export async function runProgram(file: string, args: readonly string[], options: Run = {}): Promise<Ran> {
  const { signal, onLine, input = '', ...given } = options
  const { execa } = await import('execa')
  const cancel = signal && { cancelSignal: signal }
  const running = execa(file, args, { ...given, input, all: true, reject: false, ...cancel })
  if (onLine !== undefined) for await (const line of running.iterable({ from: 'all' })) onLine(String(line))
  const { failed, all } = await running
  return { ok: !failed, output: all }
}

/** Runs a program to its end. Throws `CONNECTION_FAILED` with the end of its output if it fails. */
export async function mustRun(what: string, file: string, args: readonly string[], options: Run = {}): Promise<string> {
  const { ok, output } = await runProgram(file, args, options)
  if (ok) return output
  throw new EventBusError(
    'CONNECTION_FAILED',
    output.trim() === '' ? `${what} failed: ${file} did not run` : withLines(`${what} failed`, lastLines(output)),
  )
}

/** Returns the last lines of a log that are not empty. */
export const lastLines = (text: string, count = 5): readonly string[] =>
  text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .slice(-count)
