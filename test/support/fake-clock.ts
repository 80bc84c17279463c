import { spawnSync } from 'node:child_process'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/**
 * The path of the library that changes the clock; empty without faketime. faketime fails if a process that was killed had the same
 * number and left its semaphore, so it is tried more than once.
 */
const library = findLibrary()

function findLibrary(): string {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const found = spawnSync('faketime', ['-f', '+0', 'sh', '-c', 'echo $LD_PRELOAD'], { encoding: 'utf8' })
    if (found.status === 0) return found.stdout.trim()
  }
  return ''
}

/** Whether tests with a changed clock run: where faketime is installed, and always on CI, where they fail without it. */
export const onFakeClock = Boolean(process.env.CI) || library !== ''

export interface FakeClock {
  /** The environment for processes that use this clock. */
  readonly env: Readonly<Record<string, string>>
  /** Sets the clock relative to the real one, also in running processes: `+1h`, `-400d`. */
  set(offset: string): void
}

/** A clock that a test can set, as an administrator or NTP sets the system clock. Does not change the monotonic clock. */
export function fakeClock(offset: string): FakeClock {
  if (library === '') throw new Error('faketime is not installed: nothing shows what becomes of clocks that are set')
  const folder = mkdtempSync(join(tmpdir(), 'crbus-clock-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'offset')
  const set = (to: string) => {
    writeFileSync(`${file}.new`, `${to}\n`)
    renameSync(`${file}.new`, file)
  }
  set(offset)
  return {
    env: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    },
    set,
  }
}
