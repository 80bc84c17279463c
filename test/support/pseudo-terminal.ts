import { stripVTControlCharacters } from 'node:util'
import { execa } from 'execa'

/** A line of /bin/sh that runs on a pseudo-terminal. */
export interface TerminalRun {
  /** Types keys. */
  type(keys: string): void
  /** Resolves with everything that was shown so far, without control sequences, once that matches; rejects if the line ends before. */
  shows(wanted: RegExp): Promise<string>
  /** Resolves at the end with the exit code and everything that was shown, without control sequences. */
  readonly ended: Promise<{ readonly exitCode: number | undefined; readonly shown: string }>
}

/** Runs a line of /bin/sh on a new pseudo-terminal (`script` of util-linux) with these variables. */
export function onTerminal(line: string, env: Readonly<Record<string, string | undefined>>): TerminalRun {
  const running = execa('script', ['-qfec', line, '/dev/null'], { env: { ...env, SHELL: '/bin/sh' }, reject: false })
  let shown = ''
  const waiting = new Set<() => void>()
  const check = () => {
    for (const one of waiting) one()
  }
  let isOver = false
  running.stdout.on('data', (chunk: Buffer) => {
    shown = stripVTControlCharacters(shown + chunk.toString()).replaceAll('\r\n', '\n')
    check()
  })
  const ended = running.then(({ exitCode }) => {
    isOver = true
    check()
    return { exitCode, shown }
  })
  return {
    type: (keys) => void running.stdin.write(keys),
    shows: (wanted) =>
      new Promise((resolve, reject) => {
        const one = () => {
          if (wanted.test(shown)) resolve(shown)
          else if (isOver) reject(new Error(`the line ended and did not show ${wanted}:\n${shown}`))
          else return
          waiting.delete(one)
        }
        waiting.add(one)
        one()
      }),
    ended,
  }
}
