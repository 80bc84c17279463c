import { stripVTControlCharacters } from 'node:util'
import { execa } from 'execa'
import { onTestFailed } from 'vitest'

/** A line of /bin/sh that runs on a pseudo-terminal. Everything that it shows is without control sequences. */
export interface TerminalRun {
  /** Types keys. */
  type(keys: string): void
  /** Resolves with everything that was shown so far, once that matches; rejects if the line ends before. */
  shows(wanted: RegExp | string): Promise<string>
  /** As `shows`, with what was shown since the last call, which it returns. */
  showsNext(wanted: string): Promise<string>
  /** Ends the line at once. */
  kill(): void
  /** Resolves at the end with the exit code and everything that was shown; `raw` has the control sequences too. */
  readonly ended: Promise<{ readonly exitCode: number | undefined; readonly shown: string; readonly raw: string }>
}

/**
 * Runs a line of /bin/sh on a new pseudo-terminal (`script` of util-linux) with these variables, in a folder. If the test fails,
 * prints what the terminal has shown.
 */
export function onTerminal(
  line: string,
  env: Readonly<Record<string, string | undefined>>,
  { cwd }: { readonly cwd?: string } = {},
): TerminalRun {
  const options = { env: { ...env, SHELL: '/bin/sh' }, reject: false, ...(cwd === undefined ? {} : { cwd }) }
  const running = execa('script', ['-qfec', line, '/dev/null'], options)
  let raw = ''
  /** How much of `raw` the calls of `showsNext` have returned. A control sequence may come in two parts, so they are not removed yet. */
  let taken = 0
  const shown = (from = 0) => stripVTControlCharacters(raw.slice(from)).replaceAll('\r\n', '\n')
  onTestFailed(() => console.error(`the terminal has shown:\n${shown()}`))
  const waiting = new Set<() => void>()
  const check = () => {
    for (const one of waiting) one()
  }
  let isOver = false
  running.stdout.on('data', (chunk: Buffer) => {
    raw += chunk.toString()
    check()
  })
  const ended = running.then(({ exitCode }) => {
    isOver = true
    check()
    return { exitCode, shown: shown(), raw }
  })
  const until = (isShown: () => boolean, wanted: RegExp | string): Promise<void> =>
    new Promise((resolve, reject) => {
      const one = () => {
        if (isShown()) resolve()
        else if (isOver) reject(new Error(`the line ended and did not show ${wanted}`))
        else return
        waiting.delete(one)
      }
      waiting.add(one)
      one()
    })
  return {
    type: (keys) => void running.stdin.write(keys),
    async shows(wanted) {
      const isShown = () => (typeof wanted === 'string' ? shown().includes(wanted) : wanted.test(shown()))
      await until(isShown, wanted)
      return shown()
    },
    async showsNext(wanted) {
      await until(() => shown(taken).includes(wanted), wanted)
      const next = shown(taken)
      taken = raw.length
      return next
    },
    kill: () => void running.kill('SIGKILL'),
    ended,
  }
}
