import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A process of a test's own. */
export interface StartedProcess {
  /** What it printed after the line waited for, once it has ended by itself. */
  readonly printed: Promise<readonly string[]>
  /** Dies without closing anything. */
  die(): Promise<void>
}

/**
 * Runs a program of this folder as it is, by Node's type stripping, in a process that can really be killed. Resolves when
 * it has printed `line`.
 */
export async function startProcess(program: string, args: readonly unknown[], line: string): Promise<StartedProcess> {
  const path = fileURLToPath(new URL(`./${program}`, import.meta.url))
  const words = ['--no-warnings', path, ...args.map((argument) => JSON.stringify(argument))]
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'close')
  const lines: string[] = []
  let isAsked = false
  const asked = new Promise<void>((resolve, reject) => {
    const reader = createInterface({ input: child.stdout })
    reader.on('line', (printed) => {
      if (isAsked) lines.push(printed)
      else if (printed === line) {
        isAsked = true
        resolve()
      }
    })
    reader.on('close', () => reject(new Error(`${program} ended before it printed '${line}'`)))
  })
  const die = async () => {
    child.kill('SIGKILL')
    await exited
  }
  const printed = exited.then(([code]) => {
    if (code !== 0) throw new Error(`${program} ended with ${code}`)
    return lines
  })
  // Looked at by whoever wants to know.
  printed.catch(() => undefined)
  try {
    await asked
  } catch (error) {
    await die()
    throw error
  }
  return { printed, die }
}
