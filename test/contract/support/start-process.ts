import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A process of a test's own. */
export interface StartedProcess {
  /** What it printed after the line waited for, once it has ended by itself. */
  readonly printed: Promise<readonly string[]>
  /** Resolves when it has printed `line`, at once when it has already. */
  said(line: string): Promise<void>
  /** Is told to go on, by a line on its stdin; resolves when it has printed `line`. */
  tell(line: string): Promise<void>
  /** Is asked to end (SIGTERM); resolves with what it printed. */
  end(): Promise<readonly string[]>
  /** Dies without closing anything. */
  die(): Promise<void>
}

/**
 * Where Node keeps the programs of this folder and what they import, compiled: loading them takes a quarter of the time then. It
 * writes when a process ends by itself, so a program that tests kill calls `flushCompileCache`.
 */
const COMPILE_CACHE = fileURLToPath(new URL('../../../node_modules/.cache/crbus-test/compiled', import.meta.url))

/**
 * Runs a program of this folder as it is, by Node's type stripping, in a process that can really be killed. Resolves when
 * it has printed `line`.
 */
export async function startProcess(
  program: string,
  args: readonly unknown[],
  line: string,
  env: Readonly<Record<string, string>> = {},
): Promise<StartedProcess> {
  const path = fileURLToPath(new URL(`./${program}`, import.meta.url))
  const words = ['--no-warnings', path, ...args.map((argument) => JSON.stringify(argument))]
  const child = spawn(process.execPath, words, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE, ...env },
  })
  const exited = once(child, 'close')
  const lines: string[] = []
  const waiting = new Map<string, PromiseWithResolvers<void>>()
  const printing = (wanted: string): Promise<void> => {
    const asked = Promise.withResolvers<void>()
    waiting.set(wanted, asked)
    return asked.promise
  }
  const reader = createInterface({ input: child.stdout })
  reader.on('line', (printed) => {
    waiting.get(printed)?.resolve()
    lines.push(printed)
  })
  reader.on('close', () => {
    for (const [wanted, { reject }] of waiting) reject(new Error(`${program} ended before it printed '${wanted}'`))
  })
  const die = async () => {
    child.kill('SIGKILL')
    await exited
  }
  const printed = exited.then(([code]) => {
    if (code !== 0) throw new Error(`${program} ended with ${code}`)
    return lines.slice(lines.indexOf(line) + 1)
  })
  // Looked at by whoever wants to know.
  printed.catch(() => undefined)
  try {
    await printing(line)
  } catch (error) {
    await die()
    throw error
  }
  const end = () => {
    child.kill('SIGTERM')
    return printed
  }
  const tell = (wanted: string) => {
    child.stdin.write('\n')
    return printing(wanted)
  }
  const said = (wanted: string) => (lines.includes(wanted) ? Promise.resolve() : printing(wanted))
  return { printed, said, tell, end, die }
}
