import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { execa } from 'execa'
import { vi } from 'vitest'
import { onTerminal } from './pseudo-terminal.ts'

const bin = new URL('../../bin/crbus.js', import.meta.url).pathname

/** A home for shells in which `crbus` is the built program, and whose embedded bus has topics. */
export interface CompletionHome {
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  crbus(...words: readonly string[]): ReturnType<typeof execa>
  /** Waits until the background process has read the names of the bus, including this topic. */
  knows(topic: string): Promise<void>
}

/** Creates a home with an empty bus. */
export function completionHome(): CompletionHome {
  const folder = mkdtempSync(join(tmpdir(), 'crbus-completion-'))
  writeFileSync(join(folder, 'crbus'), `#!/bin/sh\nexec "${process.execPath}" "${bin}" "$@"\n`, { mode: 0o755 })
  const env = {
    HOME: folder,
    XDG_CONFIG_HOME: join(folder, 'config'),
    XDG_CACHE_HOME: join(folder, 'cache'),
    XDG_STATE_HOME: join(folder, 'state'),
    XDG_DATA_HOME: join(folder, 'data'),
    CRBUS_BROKERS: '',
    REDPANDA_BROKERS: '',
    CRBUS_DATA_DIR: join(folder, 'bus'),
    CRBUS_PROFILE: '',
    TERM: 'xterm-256color',
    PATH: [folder, dirname(process.execPath), process.env.PATH].join(delimiter),
  }
  const crbus = (...words: readonly string[]) => execa(process.execPath, [bin, ...words], { env, cwd: folder })
  const knows = async (topic: string) => {
    await vi.waitFor(
      async () => {
        const { stdout } = await crbus('__complete', 'fish', 'topics', 'describe', '')
        if (!String(stdout).includes(topic)) throw new Error(`the names have no ${topic}: ${stdout}`)
      },
      { timeout: 60_000, interval: 100 },
    )
  }
  return { folder, env, crbus, knows }
}

/**
 * Starts a shell on a pseudo-terminal, runs a line, and types another one when the prompt is back, until the terminal shows a text.
 * Returns what it shows.
 */
export async function typeInShell(
  home: CompletionHome,
  shell: string,
  { first, typed, shown }: { readonly first: string; readonly typed: string; readonly shown: string },
): Promise<string> {
  const running = onTerminal(shell, home.env, { cwd: home.folder })
  running.type(`${first}; PS1='ready> '\n`)
  // The echo of the first line has a quote before the prompt.
  await running.shows(/[\r\n]ready> /)
  running.type(typed)
  const seen = await running.shows(shown)
  running.kill()
  await running.ended
  return seen
}
