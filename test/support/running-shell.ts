import { stripVTControlCharacters } from 'node:util'
import { execa } from 'execa'

/** Commands that run like those in a terminal: they show text, and are interrupted with Ctrl-C. */
export interface RunningShell {
  /** What the commands have written so far, on stdout and stderr, without control sequences. */
  said(): string
  isOver(): boolean
  /** Resolves with the exit code. */
  readonly ended: Promise<number | undefined>
  /** Resolves when the text is shown, and rejects if the commands end without it. */
  shows(wanted: RegExp): Promise<void>
  /** Interrupts the commands like Ctrl-C, unless they have ended, and resolves with the exit code. */
  interrupt(): Promise<number | undefined>
}

export interface ShellOptions {
  readonly cwd?: string
  readonly env: Readonly<Record<string, string | undefined>>
}

const spawned: number[] = []

/** Starts a program with exactly these variables. */
export function startShell([file, ...args]: readonly [string, ...string[]], options: ShellOptions): RunningShell {
  const running = execa(file, args, {
    ...options,
    extendEnv: false,
    all: true,
    reject: false,
    // In a process group, so that Ctrl-C also reaches the children of the shell.
    detached: true,
    buffer: false,
    stdin: 'ignore',
  })
  if (running.pid !== undefined) spawned.push(running.pid)
  let text = ''
  // A control sequence may come in two parts, so they are removed from the whole text.
  const said = () => stripVTControlCharacters(text).replaceAll('\r\n', '\n')
  const waiting = new Set<() => void>()
  const look = () => {
    for (const check of waiting) check()
  }
  running.all.on('data', (chunk: Buffer) => {
    text += chunk.toString()
    look()
  })
  let isOver = false
  const ended = running.then(({ exitCode }) => {
    isOver = true
    look()
    return exitCode
  })
  return {
    said,
    isOver: () => isOver,
    ended,
    shows: (wanted) =>
      new Promise<void>((resolve, reject) => {
        const check = () => {
          if (wanted.test(said())) resolve()
          else if (isOver) reject(new Error(`ended without ${wanted}:\n${said()}`))
          else return
          waiting.delete(check)
        }
        waiting.add(check)
        check()
      }),
    interrupt() {
      if (!isOver) process.kill(-(running.pid as number), 'SIGINT')
      return ended
    },
  }
}

/** Kills every process of every shell. For the end of a test file. */
export function killShells(): void {
  for (const pid of spawned.splice(0)) {
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // It has already ended.
    }
  }
}
