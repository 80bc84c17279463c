import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A process that a test has started. */
export interface StartedProcess {
  /** The lines that it printed after the first awaited line. Resolves when it has ended by itself. */
  readonly printed: Promise<readonly string[]>
  /** Resolves when it has printed `line`, at once if it has already. */
  said(line: string): Promise<void>
  /** Sends a line to its stdin, which makes it continue. Resolves when it has printed `line`. */
  tell(line: string): Promise<void>
  /** Sends SIGTERM. Resolves with the lines that it printed. */
  end(): Promise<readonly string[]>
  /** Kills it (SIGKILL), so it closes nothing. */
  die(): Promise<void>
}

/**
 * Node's compile cache for the programs of this folder and their imports, which cuts their loading time to a quarter. Node writes
 * it when a process ends by itself, so a program that tests kill calls `flushCompileCache`.
 */
const COMPILE_CACHE = fileURLToPath(new URL('../../../node_modules/.cache/crbus-test/compiled', import.meta.url))

/**
 * Runs a TypeScript program of this folder in a separate process, by Node's type stripping. Resolves when it has printed `line`.
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
  // A failure is reported to those who await `printed`; for others it must not count as unhandled.
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
